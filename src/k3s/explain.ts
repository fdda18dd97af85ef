/** An address that a node tries for an image. */
export interface PullEndpoint {
  /** Of the API: `https://registry.example.com/v2`. */
  readonly url: string;
  /** The repository that is asked for there, rewritten. */
  readonly repository: string;
  /** What is requested first. */
  readonly manifest: string;
  /** The rewrite that applies. */
  readonly rewrite?: { readonly pattern: string; readonly replacement: string };
  /** It is what containerd tries at the end in any case. */
  readonly isDefault: boolean;
  /** How the server's certificate is checked; `none` over http. */
  readonly tls: 'verified' | 'unverified' | 'none';
  /** The file on the node with the authority that signed it. */
  readonly caFile?: string;
  /** Whose credentials are sent; absent: nobody's. */
  readonly username?: string;
}
