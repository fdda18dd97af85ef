import type { Secret } from '../lib/secret.ts';
import type { UnfixedStatus } from '../model/enums.ts';

/**
 * One package of a config.yaml, normalized: with defaults, absolute paths, hosts and schemes.
 *
 * A `${VARIABLE}` is expanded when the property is read, so that a command needs only the variables of the values that it
 * uses. Reading it throws VARIABLE_UNSET, with the variable and the key, when the variable is not set.
 */
export interface Package {
  readonly name: string;
  /** Absolute path of the config.yaml. */
  readonly configFile: string;
  /** The folder of the config.yaml; relative paths in it start here. */
  readonly directory: string;
  readonly registry: RegistryConfig;
  readonly image: ImageConfig;
  readonly compile: CompileConfig;
  readonly scan: ScanPolicy;
  readonly release: ReleaseConfig;
  readonly k3s: K3sConfig;
  /** Excluded from every build context: each passwordFile, k3s.output, and the config.yaml when it contains a literal secret. */
  readonly excludedFiles: readonly ExcludedFile[];
  /** The other packages of the file, whose images must not have the same names. */
  readonly siblings: () => readonly Package[];
}

export interface ExcludedFile {
  /** Absolute path; the file need not exist. */
  readonly path: string;
  /** For a message: `contains the secret at homechoice.deployment.registry.password`. */
  readonly reason: string;
  /** Whether ObjDocker writes it. @default false */
  readonly isOutput?: boolean;
}

/** Credentials in the config. Missing parts come from the user's Docker credentials. */
export interface CredentialConfig {
  readonly username?: string | undefined;
  readonly password?: Secret | undefined;
  /** Absolute path of a file with the password. One final newline is not part of it. */
  readonly passwordFile?: string | undefined;
}

export interface RegistryConfig extends CredentialConfig {
  /** `plain` is any registry with the /v2 API: every type in the file other than `harbor`. */
  readonly type: 'harbor' | 'plain';
  /** `host[:port]` of the registry's API. */
  readonly host: string;
  /** Scheme and host of the API, without a path: `https://registry.example.com`, `http://127.0.0.1:5000`. */
  readonly url: string;
  /** The Harbor project; undefined for a plain registry without one. */
  readonly project?: string | undefined;
  /** Absolute path of a PEM file with the certificate authority. */
  readonly ca?: string | undefined;
  readonly insecureSkipVerify: boolean;
  readonly autoScan: boolean;
  readonly autoSbom: boolean;
  /** As in the file, including the mirror of the registry itself. */
  readonly mirrors: readonly MirrorConfig[];
  /** The credentials that nodes pull with. */
  readonly pull?: CredentialConfig | undefined;
  /** What nodes need for the endpoints of other servers. */
  readonly configs: readonly EndpointAccess[];
}

/** Access of nodes to the endpoints of one server. The paths are those of files on the nodes. */
export interface EndpointAccess extends CredentialConfig {
  /** `host[:port]` of the endpoint. */
  readonly host: string;
  readonly ca?: string | undefined;
  /** The client certificate, and its key. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

export interface MirrorConfig {
  /** `host[:port]` in image names, or `*`. */
  readonly host: string;
  readonly endpoints: readonly string[];
  readonly rewrite: Readonly<Record<string, string>>;
}

/** Where the value of a build secret comes from. */
export type BuildSecret = ({ readonly env: string } | { readonly file: string }) & {
  /** Counts as an input of the build, which the value of the secret does not. */
  readonly version?: string | undefined;
};

export interface ImageConfig {
  /** `host[:port]` in image names. */
  readonly host: string;
  readonly repository: string;
  /** The name of a service's image, with the placeholders `{service}` and `{package}`. */
  readonly name: string;
  /** Undefined when the file has none: see `tagsOf`. */
  readonly tag?: string | undefined;
  /** Several public tags, which replace `tag`; empty when the file has none. */
  readonly tags: readonly string[];
  readonly baseImage?: string | undefined;
  readonly baseRuntimeImage?: string | undefined;
  /** Absolute path. */
  readonly dockerfile: string;
  /** Absolute path of the folder of the build context. */
  readonly context: string;
  /** The stages that are services; undefined when the config does not list them. */
  readonly services?: readonly string[] | undefined;
  /** `os/arch[/variant]`. Empty means the platform of the engine. */
  readonly platforms: readonly string[];
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, BuildSecret>>;
  /** Name of a buildx builder. */
  readonly builder?: string | undefined;
  /** `registry`: each image has a build cache in its own repository. */
  readonly cache?: 'registry' | undefined;
  /** With the placeholders `{service}` and `{package}`, as `cacheTo`. */
  readonly cacheFrom: readonly string[];
  readonly cacheTo: readonly string[];
  /** Build arguments that count as inputs although only metadata uses them. */
  readonly rebuildFor: readonly string[];
  /** What to do when the registry of a base image cannot be reached. */
  readonly baseUnreachable: 'fail' | 'last-known';
}

/** Which Python modules Cython compiles inside the image; globs are relative to the source root. */
export interface CompileConfig {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly jobs?: number | undefined;
  readonly directives: Readonly<Record<string, string | number | boolean>>;
}

export type Severity = 'critical' | 'high' | 'medium' | 'low' | 'none';

export interface ScanPolicy {
  readonly failOn: Severity;
  readonly ignoreUnfixed: boolean;
  /** Findings without a fix pass when the distribution says this about them. */
  readonly ignoreStatus: readonly UnfixedStatus[];
  readonly unknown: 'pass' | 'fail';
  /** Rejects an image without findings of which no packages are known either. */
  readonly requirePackages: boolean;
  readonly allow: readonly ScanAllowance[];
  /** Whether an unchanged service that today's policy rejects keeps the others back. */
  readonly onUnchanged: 'fail' | 'warn';
  /** The age at which a report is too old to be evaluated. */
  readonly maxAgeMs: number;
  readonly timeoutMs: number;
}

export interface ScanAllowance {
  readonly id: string;
  readonly reason: string;
  /** `YYYY-MM-DD`, the last valid day, in UTC. */
  readonly until?: string | undefined;
}

export interface ReleaseConfig {
  /** Without the project; undefined for the default, see `releasesRepository`. */
  readonly repository?: string | undefined;
  /** Whether releases are kept on record in the registry. */
  readonly record: boolean;
}

export interface K3sConfig {
  /** Absolute path that the pipeline writes registries.yaml to. */
  readonly output?: string | undefined;
}
