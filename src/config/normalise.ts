import { resolve } from 'node:path';
import { Secret } from '../lib/secret.ts';
import { imageHost, registryHost, registryScheme } from './hosts.ts';
import { lazily, lazyRecord } from './lazy.ts';
import type {
  BuildSecret,
  CompileConfig,
  CredentialConfig,
  ExcludedFile,
  ImageConfig,
  K3sConfig,
  MirrorConfig,
  Package,
  RegistryConfig,
  ScanAllowance,
  ScanPolicy,
} from './package.ts';
import * as builds from './schema/build-kinds.ts';
import type { Kind } from './schema/kind.ts';
import * as kinds from './schema/kinds.ts';
import * as names from './schema/name-kinds.ts';
import { SEVERITIES } from './schema/schema.ts';
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
import type { Values } from './values.ts';

const SCAN_TIMEOUT_MS = 15 * 60_000;

export interface NormaliseOptions {
  /** Absolute path of the config.yaml. */
  readonly configFile: string;
  readonly directory: string;
  readonly excludedFiles: () => readonly ExcludedFile[];
}

/** The package that a config.yaml describes, each property worked out when it is read. */
export function normalisePackage(values: Values, options: NormaliseOptions): Package {
  const read = new PropertyReader(values, options.directory);
  return lazily<Package>({
    name: () => values.source.name,
    configFile: () => options.configFile,
    directory: () => options.directory,
    registry: () => normaliseRegistry(read),
    image: () => normaliseImage(read),
    compile: () => normaliseCompile(read),
    scan: () => normaliseScan(read),
    k3s: () => lazily<K3sConfig>({ output: () => read.path(['k3s', 'output']) }),
    excludedFiles: options.excludedFiles,
  });
}

function normaliseRegistry(read: PropertyReader): RegistryConfig {
  const { values } = read;
  const host = () => read.checked(registryHostRules, ['registry', 'host'], () => registryHost(values));
  return lazily<RegistryConfig>({
    ...credentialGetters(read, ['registry']),
    type: () => {
      read.required(['registry', 'type'], kinds.plainText);
      return isHarbor(values) ? 'harbor' : 'plain';
    },
    host,
    url: () => `${registryScheme(values, host())}://${host()}`,
    project: () => {
      enforce(projectRules, values);
      return values.value(['registry', 'project'], names.project);
    },
    ca: () => read.path(['registry', 'ca']),
    insecureSkipVerify: () => values.value(['registry', 'insecureSkipVerify'], kinds.flag) ?? false,
    autoScan: () => values.value(['registry', 'auto_scan'], kinds.flag) ?? false,
    mirrors: () => values.keys(['registry', 'mirrors']).map((name) => normaliseMirror(read, name)),
    pull: () =>
      values.keys(['registry', 'pull']).length === 0 ? undefined : normaliseCredentials(read, ['registry', 'pull']),
  });
}

function normaliseCredentials(read: PropertyReader, section: KeyPath): CredentialConfig {
  return lazily<CredentialConfig>(credentialGetters(read, section));
}

function credentialGetters(read: PropertyReader, section: KeyPath) {
  return {
    username: () => read.values.value([...section, 'username'], kinds.username),
    password: () => {
      const password = read.values.text([...section, 'password']);
      return password === undefined ? undefined : new Secret(password);
    },
    passwordFile: () => read.path([...section, 'passwordFile']),
  };
}

function normaliseMirror({ values }: PropertyReader, host: string): MirrorConfig {
  const key = ['registry', 'mirrors', host];
  return lazily<MirrorConfig>({
    host: () => host,
    endpoints: () => values.list([...key, 'endpoint'], names.endpoint),
    rewrite: () =>
      lazyRecord(values.keys([...key, 'rewrite']), (pattern) => values.text([...key, 'rewrite', pattern]) ?? ''),
  });
}

function normaliseImage(read: PropertyReader): ImageConfig {
  const { values } = read;
  const key = (name: string) => ['image', name];
  return lazily<ImageConfig>({
    host: () => read.checked(imageHostRules, ['image', 'registry'], () => imageHost(values)),
    repository: () => read.required(key('repository'), names.repository),
    tag: () => read.required(key('tag'), names.tag),
    baseImage: () => values.value(key('baseImage'), names.reference),
    baseRuntimeImage: () => values.value(key('baseRuntimeImage'), names.reference),
    dockerfile: () => resolve(read.directory, read.required(key('dockerfile'), kinds.path)),
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
    secrets: () => lazyRecord(values.keys(key('secrets')), (id) => normaliseSecret(read, [...key('secrets'), id])),
    builder: () => values.value(key('builder'), kinds.plainText),
    cacheFrom: () => values.list(key('cacheFrom'), builds.cache),
    cacheTo: () => values.list(key('cacheTo'), builds.cache),
  });
}

function normaliseSecret(read: PropertyReader, key: KeyPath): BuildSecret {
  const file = read.path([...key, 'file']);
  return file === undefined ? { env: read.required([...key, 'env'], builds.variable) } : { file };
}

function normaliseCompile({ values }: PropertyReader): CompileConfig {
  const directives = ['compile', 'directives'];
  return lazily<CompileConfig>({
    include: () => values.list(['compile', 'include'], builds.glob),
    exclude: () => values.list(['compile', 'exclude'], builds.glob),
    jobs: () => values.value(['compile', 'jobs'], kinds.count),
    directives: () =>
      lazyRecord(values.keys(directives), (name) => values.value([...directives, name], builds.directive) ?? ''),
  });
}

function normaliseScan(read: PropertyReader): ScanPolicy {
  const { values } = read;
  return lazily<ScanPolicy>({
    failOn: () => values.value(['scan', 'failOn'], kinds.oneOf(SEVERITIES)) ?? 'critical',
    ignoreUnfixed: () => values.value(['scan', 'ignoreUnfixed'], kinds.flag) ?? false,
    unknown: () => values.value(['scan', 'unknown'], kinds.oneOf(['pass', 'fail'])) ?? 'pass',
    allow: () => {
      const allow = values.tree(['scan', 'allow']);
      return Array.isArray(allow) ? allow.map((_, index) => normaliseAllowance(read, ['scan', 'allow', index])) : [];
    },
    timeoutMs: () => values.value(['scan', 'timeout'], kinds.duration) ?? SCAN_TIMEOUT_MS,
  });
}

function normaliseAllowance(read: PropertyReader, key: KeyPath): ScanAllowance {
  return lazily<ScanAllowance>({
    id: () => read.required([...key, 'id'], kinds.plainText),
    reason: () => read.required([...key, 'reason'], kinds.text),
    until: () => read.values.value([...key, 'until'], kinds.day),
  });
}

/** Reads properties that {@link Values} alone cannot: paths, and what must not be missing once its variables are known. */
class PropertyReader {
  readonly values: Values;
  readonly directory: string;

  constructor(values: Values, directory: string) {
    this.values = values;
    this.directory = directory;
  }

  path(key: KeyPath): string | undefined {
    const path = this.values.value(key, kinds.path);
    return path === undefined ? undefined : resolve(this.directory, path);
  }

  required<T>(key: KeyPath, kind: Kind<T>): T {
    return this.#present(key, this.values.value(key, kind));
  }

  checked<T>(rules: readonly Rule[], key: KeyPath, read: () => T | undefined): T {
    enforce(rules, this.values);
    return this.#present(key, read());
  }

  #present<T>(key: KeyPath, value: T | undefined): T {
    if (value !== undefined) return value;
    throw this.values.error({ path: this.values.path(key), message: 'is missing: its variables come to nothing' });
  }
}
