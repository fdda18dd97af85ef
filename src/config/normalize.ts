import { resolve } from 'node:path';
import { Secret } from '../lib/secret.ts';
import { UNFIXED_STATUSES } from '../model/enums.ts';
import { imageHost, registryHost, registryScheme } from './hosts.ts';
import { DEFAULT_NAME } from './image-name.ts';
import type {
  BuildSecret,
  CompileConfig,
  CredentialConfig,
  EndpointAccess,
  ExcludedFile,
  ImageConfig,
  K3sConfig,
  MirrorConfig,
  Package,
  RegistryConfig,
  ReleaseConfig,
  ScanAllowance,
  ScanPolicy,
} from './package.ts';
import type { PackageValues } from './package-values.ts';
import * as basics from './schema/basic-parsers.ts';
import * as builds from './schema/build-parsers.ts';
import { BASE_UNREACHABLE, CACHES, ON_UNCHANGED, SEVERITIES } from './schema/config-schema.ts';
import * as names from './schema/name-parsers.ts';
import type { ScalarParser } from './schema/scalar-parser.ts';
import type { KeyPath } from './validation/issues.ts';
import {
  enforce,
  imageHostRules,
  isHarbor,
  projectRules,
  type Rule,
  registryHostRules,
  serviceRules,
} from './validation/rules.ts';

const SCAN_TIMEOUT_MS = 15 * 60_000;
const SCAN_MAX_AGE_MS = 24 * 3_600_000;

export interface NormalizeOptions {
  /** Absolute path of the config.yaml. */
  readonly configFile: string;
  readonly directory: string;
  readonly excludedFiles: () => readonly ExcludedFile[];
  readonly siblings: () => readonly Package[];
}

/** Creates the package. Each property is computed when it is first read. */
export function normalizePackage(values: PackageValues, options: NormalizeOptions): Package {
  const read = new PropertyReader(values, options.directory);
  return lazyObject<Package>({
    name: () => values.source.name,
    configFile: () => options.configFile,
    directory: () => options.directory,
    registry: () => normalizeRegistry(read),
    image: () => normalizeImage(read),
    compile: () => normalizeCompile(read),
    scan: () => normalizeScan(read),
    release: () =>
      lazyObject<ReleaseConfig>({
        repository: () => values.value(['release', 'repository'], names.repository),
        record: () => values.value(['release', 'record'], basics.flag) ?? true,
      }),
    k3s: () => lazyObject<K3sConfig>({ output: () => read.path(['k3s', 'output']) }),
    excludedFiles: options.excludedFiles,
    siblings: () => options.siblings,
  });
}

function normalizeRegistry(read: PropertyReader): RegistryConfig {
  const { values } = read;
  const host = () => read.checked(registryHostRules, ['registry', 'host'], () => registryHost(values));
  return lazyObject<RegistryConfig>({
    ...credentialGetters(read, ['registry']),
    type: () => {
      read.required(['registry', 'type'], basics.plainText);
      return isHarbor(values) ? 'harbor' : 'plain';
    },
    host,
    url: () => `${registryScheme(values, host())}://${host()}`,
    project: () => {
      enforce(projectRules, values);
      return values.value(['registry', 'project'], names.project);
    },
    ca: () => read.path(['registry', 'ca']),
    insecureSkipVerify: () => values.value(['registry', 'insecureSkipVerify'], basics.flag) ?? false,
    autoScan: () => values.value(['registry', 'auto_scan'], basics.flag) ?? false,
    autoSbom: () => values.value(['registry', 'auto_sbom'], basics.flag) ?? false,
    mirrors: () => values.keys(['registry', 'mirrors']).map((name) => normalizeMirror(read, name)),
    pull: () =>
      values.keys(['registry', 'pull']).length === 0 ? undefined : normalizeCredentials(read, ['registry', 'pull']),
    configs: () => values.keys(['registry', 'configs']).map((host) => normalizeEndpointAccess(read, host)),
  });
}

function normalizeCredentials(read: PropertyReader, section: KeyPath): CredentialConfig {
  return lazyObject<CredentialConfig>(credentialGetters(read, section));
}

function credentialGetters(read: PropertyReader, section: KeyPath) {
  return {
    username: () => read.values.value([...section, 'username'], basics.username),
    password: () => {
      const password = read.values.text([...section, 'password']);
      return password === undefined ? undefined : new Secret(password);
    },
    passwordFile: () => read.path([...section, 'passwordFile']),
  };
}

function normalizeEndpointAccess(read: PropertyReader, host: string): EndpointAccess {
  const section = ['registry', 'configs', host];
  return lazyObject<EndpointAccess>({
    host: () => host,
    ...credentialGetters(read, section),
    ca: () => read.path([...section, 'ca']),
    cert: () => read.path([...section, 'cert']),
    key: () => read.path([...section, 'key']),
  });
}

function normalizeMirror({ values }: PropertyReader, host: string): MirrorConfig {
  const key = ['registry', 'mirrors', host];
  return lazyObject<MirrorConfig>({
    host: () => host,
    endpoints: () => values.list([...key, 'endpoint'], names.endpoint),
    rewrite: () =>
      lazyRecord(values.keys([...key, 'rewrite']), (pattern) => values.text([...key, 'rewrite', pattern]) ?? ''),
  });
}

function normalizeImage(read: PropertyReader): ImageConfig {
  const { values } = read;
  const key = (name: string) => ['image', name];
  return lazyObject<ImageConfig>({
    host: () => read.checked(imageHostRules, ['image', 'registry'], () => imageHost(values)),
    repository: () => read.required(key('repository'), names.repository),
    name: () => values.value(key('name'), names.imageName) ?? DEFAULT_NAME,
    tag: () => values.value(key('tag'), names.tag),
    tags: () => [...new Set(values.list(key('tags'), names.tag))],
    baseImage: () => values.value(key('baseImage'), names.reference),
    baseRuntimeImage: () => values.value(key('baseRuntimeImage'), names.reference),
    dockerfile: () => resolve(read.directory, read.required(key('dockerfile'), basics.path)),
    context: () => read.path(key('context')) ?? read.directory,
    services: () => {
      enforce(serviceRules, values);
      const services = values.list(key('services'), names.service);
      return services.length === 0 ? undefined : services;
    },
    platforms: () => [...new Set(values.list(key('platforms'), names.platform))],
    buildArgs: () =>
      lazyRecord(
        values.keys(key('buildArgs')),
        (name) => values.value([...key('buildArgs'), name], builds.argValue) ?? '',
      ),
    secrets: () => lazyRecord(values.keys(key('secrets')), (id) => normalizeSecret(read, [...key('secrets'), id])),
    builder: () => values.value(key('builder'), basics.plainText),
    cache: () => values.value(key('cache'), basics.oneOf(CACHES)),
    cacheFrom: () => values.list(key('cacheFrom'), builds.cache),
    cacheTo: () => values.list(key('cacheTo'), builds.cache),
    rebuildFor: () => [...new Set(values.list(key('rebuildFor'), builds.argName))],
    baseUnreachable: () => values.value(key('baseUnreachable'), basics.oneOf(BASE_UNREACHABLE)) ?? 'fail',
  });
}

function normalizeSecret(read: PropertyReader, key: KeyPath): BuildSecret {
  const file = read.path([...key, 'file']);
  const version = read.values.value([...key, 'version'], basics.text);
  const source = file === undefined ? { env: read.required([...key, 'env'], builds.variable) } : { file };
  return { ...source, ...(version === undefined ? {} : { version }) };
}

function normalizeCompile({ values }: PropertyReader): CompileConfig {
  const directives = ['compile', 'directives'];
  return lazyObject<CompileConfig>({
    include: () => values.list(['compile', 'include'], builds.glob),
    exclude: () => values.list(['compile', 'exclude'], builds.glob),
    jobs: () => values.value(['compile', 'jobs'], basics.count),
    directives: () =>
      lazyRecord(values.keys(directives), (name) => values.value([...directives, name], builds.directive) ?? ''),
  });
}

function normalizeScan(read: PropertyReader): ScanPolicy {
  const { values } = read;
  return lazyObject<ScanPolicy>({
    failOn: () => values.value(['scan', 'failOn'], basics.oneOf(SEVERITIES)) ?? 'critical',
    ignoreUnfixed: () => values.value(['scan', 'ignoreUnfixed'], basics.flag) ?? false,
    ignoreStatus: () => values.list(['scan', 'ignoreStatus'], basics.oneOf(UNFIXED_STATUSES)),
    unknown: () => values.value(['scan', 'unknown'], basics.oneOf(['pass', 'fail'])) ?? 'pass',
    allow: () => {
      const allow = values.raw(['scan', 'allow']);
      return Array.isArray(allow) ? allow.map((_, index) => normalizeAllowance(read, ['scan', 'allow', index])) : [];
    },
    onUnchanged: () => values.value(['scan', 'onUnchanged'], basics.oneOf(ON_UNCHANGED)) ?? 'fail',
    requirePackages: () => values.value(['scan', 'requirePackages'], basics.flag) ?? false,
    maxAgeMs: () => values.value(['scan', 'maxAge'], basics.duration) ?? SCAN_MAX_AGE_MS,
    timeoutMs: () => values.value(['scan', 'timeout'], basics.duration) ?? SCAN_TIMEOUT_MS,
  });
}

function normalizeAllowance(read: PropertyReader, key: KeyPath): ScanAllowance {
  return lazyObject<ScanAllowance>({
    id: () => read.required([...key, 'id'], basics.plainText),
    reason: () => read.required([...key, 'reason'], basics.text),
    until: () => read.values.value([...key, 'until'], basics.day),
  });
}

/** Reads paths and required values from {@link PackageValues}. */
class PropertyReader {
  readonly values: PackageValues;
  readonly directory: string;

  constructor(values: PackageValues, directory: string) {
    this.values = values;
    this.directory = directory;
  }

  path(key: KeyPath): string | undefined {
    const path = this.values.value(key, basics.path);
    return path === undefined ? undefined : resolve(this.directory, path);
  }

  required<T>(key: KeyPath, parser: ScalarParser<T>): T {
    return this.#present(key, this.values.value(key, parser));
  }

  checked<T>(rules: readonly Rule[], key: KeyPath, read: () => T | undefined): T {
    enforce(rules, this.values);
    return this.#present(key, read());
  }

  #present<T>(key: KeyPath, value: T | undefined): T {
    if (value !== undefined) return value;
    throw this.values.error({ path: this.values.path(key), message: 'is missing: its variables are empty' });
  }
}

/** A function for each property of `T` that computes its value. */
type Getters<T> = { readonly [K in keyof T]-?: () => T[K] };

/** An object that computes each property on its first read and caches it. A property that throws is computed again on the next read. */
function lazyObject<T extends object>(getters: Getters<T>): T {
  const object = {};
  for (const key of Object.keys(getters)) {
    const get = (getters as Record<string, () => unknown>)[key];
    if (get !== undefined) Object.defineProperty(object, key, { enumerable: true, get: memoized(get) });
  }
  return object as T;
}

/** A record that computes each value on its first read. */
function lazyRecord<T>(keys: readonly string[], compute: (key: string) => T): Readonly<Record<string, T>> {
  const object: Record<string, T> = Object.create(null);
  for (const key of keys) Object.defineProperty(object, key, { enumerable: true, get: memoized(() => compute(key)) });
  return object;
}

function memoized<T>(compute: () => T): () => T {
  let cached: { readonly value: T } | undefined;
  return () => {
    cached ??= { value: compute() };
    return cached.value;
  };
}
