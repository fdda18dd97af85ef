import type { ObjDockerError } from '../../errors.ts';
import type { EngineEndpoint } from './endpoint.ts';
import type { EngineHttp } from './engine-http.ts';

/** What an engine says about itself. */
export interface EngineInfo {
  /** `26.1.5`, with what a distribution appends. */
  readonly version: string;
  /** The newest API version that it speaks: `1.45`. */
  readonly apiVersion: string;
  readonly os: string;
  /** Go's name: `amd64`, `arm64`. */
  readonly arch: string;
  /** Images lie in containerd's store, which alone holds several platforms and attestations. */
  readonly containerdStore: boolean;
  readonly storageDriver: string;
  /** A path on the engine's machine, which need not be this one. */
  readonly dataRoot: string;
  /** The host name of the engine's machine. */
  readonly name: string;
  /** Registries that the engine may speak to without TLS or with any certificate, as `host[:port]` or CIDR. */
  readonly insecureRegistries: readonly string[];
  /** Where it asks for Docker Hub's images first. */
  readonly mirrors: readonly string[];
}

/** An image that the engine has. */
export interface EngineImage {
  readonly id: string;
  /** The full names it has, with tags. */
  readonly tags: readonly string[];
  /** `name@sha256:…` as far as the engine knows them. */
  readonly digests: readonly string[];
  readonly os: string;
  readonly architecture: string;
  readonly sizeBytes: number;
  /** Digests of the uncompressed layers, lowest first. */
  readonly layers: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** A connection to an engine that has answered. */
export interface Engine {
  /** Which engine this is, for people: `Docker Engine 26.1.5 at unix:///var/run/docker.sock`. */
  readonly description: string;
  readonly endpoint: EngineEndpoint;
  readonly http: EngineHttp;
  /** `/v1.45`: the start of every path, so that a newer engine behaves as one that we know. */
  readonly apiPath: string;
  /** The image of that name, id or digest, or undefined when the engine has none. */
  inspectImage(
    reference: string,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<EngineImage | undefined>;
  /** What the engine can do; asked for once. Container commands do without, it takes an engine with many containers a while. */
  info(options?: { readonly signal?: AbortSignal | undefined }): Promise<EngineInfo>;
  /** A failure of a request as what a user can act on: which engine, and what to do about it. */
  explain(error: unknown): Promise<ObjDockerError>;
  /** Ends the connections, those in use when their requests are done. They do not keep a process alive without it. */
  close(): void;
}
