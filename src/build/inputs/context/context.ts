export interface ContextRequest {
  readonly path: string;
  readonly exclude: readonly string[];
  readonly parents: boolean;
  readonly wildcards: boolean;
}
export interface ContextEntry {
  readonly path: string;
  readonly type: 'file' | 'directory' | 'symlink' | 'other';
  readonly digest: string;
}
export interface TakenContext {
  readonly entries: readonly ContextEntry[];
  readonly problems: readonly { readonly path: string; readonly reason: string }[];
  readonly hints: readonly string[];
}
export interface ContextReader {
  take(requests: readonly ContextRequest[]): Promise<TakenContext>;
  save(): Promise<void>;
}
export async function openContext(_folder: string, _options: object): Promise<ContextReader> {
  return {
    take: async () => ({ entries: [], problems: [], hints: [] }),
    save: async () => {},
  };
}
