import type { ObjDockerError } from '../../errors.ts';
import type { EngineEndpoint } from './endpoint.ts';
import type { EngineHttp } from './http.ts';

/** What an engine reports about itself. */
export interface EngineInfo {
  /** `26.1.5`, possibly with the suffix of a distribution. */
  readonly version: string;
  /** The newest API version that it supports: `1.45`. */
  readonly apiVersion: string;
  readonly os: string;
  /** Go's name: `amd64`, `arm64`. */
  readonly arch: string;
  /** Whether images are in the containerd store. Only that store holds multi-platform images and attestations. */
  readonly containerdStore: boolean;
  readonly storageDriver: string;
  /** A path on the engine's machine, which may be another machine. */
  readonly dataRoot: string;
  /** The host name of the engine's machine. */
  readonly name: string;
  /** Registries that the engine uses without TLS or with any certificate, as `host[:port]` or CIDR. */
  readonly insecureRegistries: readonly string[];
  /** The registry mirrors for Docker Hub. */
  readonly mirrors: readonly string[];
}

/** An image of the engine. */
export interface EngineImage {
  readonly id: string;
  /** Its full names with tags. */
  readonly tags: readonly string[];
  /** `name@sha256:...`, as far as the engine knows them. */
  readonly digests: readonly string[];
  readonly os: string;
  readonly architecture: string;
  readonly sizeBytes: number;
  /** Digests of the uncompressed layers, lowest first. */
  readonly layers: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** Instructions that a build from it runs. */
  readonly onbuild: readonly string[];
  /** Its configuration: Env, Cmd, Entrypoint, … */
  readonly config: Readonly<Record<string, unknown>>;
}

/** A connection to an engine that has responded to a ping. */
export interface Engine {
  /** For messages: `Docker Engine 26.1.5 at unix:///var/run/docker.sock`. */
  readonly description: string;
  readonly endpoint: EngineEndpoint;
  readonly http: EngineHttp;
  /** `/v1.45`: the prefix of every path. It pins the API version, so a newer engine behaves like a known one. */
  readonly apiPath: string;
  /** Inspects an image by name, id or digest; undefined when the engine does not have it. */
  inspectImage(
    reference: string,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<EngineImage | undefined>;
  /** Reads the engine's version and features, once. Slow on an engine with many containers, so container commands avoid it. */
  info(options?: { readonly signal?: AbortSignal | undefined }): Promise<EngineInfo>;
  /** Makes the error for a failed request: what failed, on which engine, and what to do. */
  explain(error: unknown): Promise<ObjDockerError>;
  /** Closes the connections, those in use after their requests. Open connections do not keep the process alive. */
  close(): void;
}
