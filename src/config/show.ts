import { isObjDockerError } from '../errors.ts';
import { Secret } from '../lib/secret.ts';
import { formatExactDuration } from '../lib/text/duration.ts';
import { maskUrlCredentials } from '../lib/text/url-credentials.ts';
import { escapeTemplate } from './interpolate.ts';
import type { CredentialConfig, Package } from './package.ts';
import { isFromVariables, type PackageValues } from './package-values.ts';
import { formatKeyPath, type KeyPath } from './validation/issues.ts';
import { isSecretName } from './yaml/excerpt.ts';
import type { YamlValue } from './yaml/read-values.ts';

/** A package as ObjDocker reads it. */
export interface ShownPackage {
  /**
   * A config.yaml of this package alone: with defaults, absolute paths and variables replaced. A secret is masked, or the variable
   * that it comes from.
   */
  readonly values: Readonly<Record<string, unknown>>;
  /** The keys whose value cannot be determined, and why. `values` has their text from the file. */
  readonly unknown: readonly { readonly key: KeyPath; readonly reason: string }[];
}

/** Returns a package in the form of config.yaml, for display. */
export function showPackage(pkg: Package, values: PackageValues): ShownPackage {
  const reader = new Reader(values);
  const deployment = reader.read([], sectionsOf(pkg, values));
  return {
    values: { [pkg.name]: { deployment } },
    unknown: reader.unknown.map(({ key, reason }) => ({ key: [pkg.name, 'deployment', ...key], reason })),
  };
}

/** The keys of `deployment`. A function computes its value. */
function sectionsOf(pkg: Package, values: PackageValues): Readonly<Record<string, unknown>> {
  const { registry, image, compile, scan, release, k3s } = pkg;
  return {
    registry: {
      type: () => (registry.type === 'plain' ? 'registry' : registry.type),
      host: () => registry.host,
      port: () => (isKnown(() => registry.host) ? undefined : values.raw(['registry', 'port'])),
      project: () => registry.project,
      ...credentialsOf(registry),
      ca: () => registry.ca,
      insecureSkipVerify: () => registry.insecureSkipVerify,
      auto_scan: () => registry.autoScan,
      auto_sbom: () => registry.autoSbom,
      mirrors: () =>
        byHost(registry.mirrors, (mirror) => ({ endpoint: () => mirror.endpoints, rewrite: () => mirror.rewrite })),
      pull: () => (registry.pull === undefined ? undefined : credentialsOf(registry.pull)),
      configs: () =>
        byHost(registry.configs, (access) => ({
          ...credentialsOf(access),
          ca: () => access.ca,
          cert: () => access.cert,
          key: () => access.key,
        })),
    },
    image: {
      registry: () => image.host,
      repository: () => image.repository,
      name: () => image.name,
      tag: () => image.tag,
      tags: () => image.tags,
      baseImage: () => image.baseImage,
      baseRuntimeImage: () => image.baseRuntimeImage,
      dockerfile: () => image.dockerfile,
      context: () => image.context,
      services: () => image.services,
      platforms: () => image.platforms,
      buildArgs: () => image.buildArgs,
      secrets: () => image.secrets,
      builder: () => image.builder,
      cache: () => image.cache,
      cacheFrom: () => image.cacheFrom,
      cacheTo: () => image.cacheTo,
      rebuildFor: () => image.rebuildFor,
      baseUnreachable: () => image.baseUnreachable,
    },
    compile,
    scan: {
      failOn: () => scan.failOn,
      ignoreUnfixed: () => scan.ignoreUnfixed,
      ignoreStatus: () => scan.ignoreStatus,
      unknown: () => scan.unknown,
      requirePackages: () => scan.requirePackages,
      allow: () => scan.allow,
      onUnchanged: () => scan.onUnchanged,
      maxAge: () => formatExactDuration(scan.maxAgeMs),
      timeout: () => formatExactDuration(scan.timeoutMs),
    },
    release,
    k3s,
  };
}

function credentialsOf(config: CredentialConfig) {
  return {
    username: () => config.username,
    password: () => config.password,
    passwordFile: () => config.passwordFile,
  };
}

function byHost<T extends { readonly host: string }>(
  items: readonly T[],
  show: (item: T) => object,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(items.map((item) => [item.host, show(item)]));
}

function isKnown(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (!isObjDockerError(error)) throw error;
    return false;
  }
}

/** Makes plain data of values that are computed when they are read, or cannot be. */
class Reader {
  readonly unknown: { readonly key: KeyPath; readonly reason: string }[] = [];
  readonly #values: PackageValues;

  constructor(values: PackageValues) {
    this.#values = values;
  }

  read(key: KeyPath, value: unknown): unknown {
    if (typeof value === 'function') return this.read(key, value());
    if (value instanceof Secret || typeof value === 'string') {
      const text = value.toString();
      const masked = value instanceof Secret ? text : maskedText(key, text);
      if (masked === text && typeof value === 'string') return escapeTemplate(text);
      // A variable says where the secret comes from.
      const written = this.#values.raw(key);
      return typeof written === 'string' && isFromVariables(written) ? written : masked;
    }
    if (Array.isArray(value)) return value.map((item, index) => this.read([...key, index], item));
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.keys(value).map((name) => {
      const read = () => this.read([...key, name], (value as Record<string, unknown>)[name]);
      return [name, this.#attempt([...key, name], read)] as const;
    });
    return Object.fromEntries(entries.filter(([, shown]) => shown !== undefined));
  }

  #attempt(key: KeyPath, read: () => unknown): unknown {
    try {
      return read();
    } catch (error) {
      if (!isObjDockerError(error)) throw error;
      const { variable } = error.details;
      const reason = error.code === 'VARIABLE_UNSET' ? `${String(variable)} is not set` : error.message;
      this.unknown.push({ key, reason });
      return this.#written(key);
    }
  }

  /** The value in the file, with its variables. */
  #written(key: KeyPath): unknown {
    const isHost = formatKeyPath(key) === 'registry.host';
    const places: readonly KeyPath[] = isHost ? [key, ['docker', 'registryhost'], ['image', 'registry']] : [key];
    return maskedValue(key, places.map((place) => this.#values.raw(place)).find(Boolean));
  }
}

function maskedValue(key: KeyPath, value: YamlValue | undefined): unknown {
  if (typeof value === 'string') return isFromVariables(value) ? value : maskedText(key, value);
  if (Array.isArray(value)) return value.map((item, index) => maskedValue([...key, index], item));
  if (value === undefined) return undefined;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, maskedValue([...key, name], item)]));
}

/** Also masks a build argument whose name looks like that of a secret. */
function maskedText(key: KeyPath, text: string): string {
  return isSecretName(String(key.at(-1))) ? '***' : maskUrlCredentials(text);
}
