import { statfs } from 'node:fs/promises';
import type { Engine } from '../docker/connection/engine.ts';
import type { FoundCredentials } from '../docker/credentials/credentials.ts';
import { isObjDockerError } from '../errors.ts';
import { familiarName, parseImageReference } from '../image-ref.ts';
import type { Registry } from '../registry/registry.ts';
import type { CheckOutcome, PreflightCheck } from './preflight.ts';
import { type ProbeReport, probeError } from './probe/report.ts';

/** Connects to the engine. All checks share one connection. */
export type EngineSource = () => Promise<Engine>;

/** The engine responds, and is new enough. */
export function engineCheck(engine: EngineSource): PreflightCheck {
  return {
    id: 'engine',
    title: 'Docker engine',
    async run(signal) {
      const { info: ask, endpoint } = await engine();
      const info = await ask({ signal });
      const store = info.containerdStore ? ', containerd image store' : '';
      return ok(`${info.version} (API ${info.apiVersion}, ${info.os}/${info.arch}${store}) at ${endpoint.url}`);
    },
  };
}

const GIGABYTE = 1e9;
const WARN_BELOW = 5 * GIGABYTE;
const FAIL_BELOW = 1 * GIGABYTE;

/**
 * There is enough disk space for the engine's images: below 5 GB is a warning, below 1 GB a failure.
 * Skipped when the engine is on another machine, or its folder is not visible from here.
 */
export function diskSpaceCheck(engine: EngineSource): PreflightCheck {
  return {
    id: 'disk-space',
    title: 'Disk space',
    async run(signal) {
      const connected = await engine().catch(() => undefined);
      const info = await connected?.info({ signal }).catch(() => undefined);
      if (connected === undefined || info === undefined) return skipped('the engine is not reachable');
      if (connected.endpoint.address.kind !== 'unix') return skipped('the engine runs on another machine');
      const { dataRoot } = info;
      const free = await freeBytes(dataRoot);
      if (free === undefined) return skipped(`${dataRoot} is not visible from here`);
      const detail = `${(free / GIGABYTE).toFixed(1)} GB free in ${dataRoot}`;
      const hint = 'Free disk space: docker system df shows what uses it, docker builder prune clears the build cache.';
      if (free < FAIL_BELOW) return { status: 'failed', detail, hint, errorCode: 'ENGINE_DISK_FULL' };
      return free < WARN_BELOW ? { status: 'warning', detail, hint } : ok(detail);
    },
  };
}

async function freeBytes(path: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

export interface BaseImagesOptions {
  /** The base images of the Dockerfile, with build arguments applied. */
  readonly images: () => Promise<readonly string[]>;
  readonly engine: EngineSource;
  /** Opens the registry of a domain such as `docker.io`, with the available credentials. */
  readonly registryFor: (domain: string) => Promise<Registry>;
}

/** Each base image is in the engine, or its registry has it. */
export function baseImagesCheck({ images: findImages, engine, registryFor }: BaseImagesOptions): PreflightCheck {
  return {
    id: 'base-images',
    title: 'Base images',
    async run(signal) {
      const images = await findImages();
      if (images.length === 0) return ok('none needed');
      const connected = await engine().catch(() => undefined);
      const outcomes = await Promise.all(images.map((image) => findBaseImage(image, connected, registryFor, signal)));
      return worst(outcomes) ?? ok(outcomes.map(({ detail }) => detail).join(', '));
    },
  };
}

async function findBaseImage(
  image: string,
  engine: Engine | undefined,
  registryFor: BaseImagesOptions['registryFor'],
  signal: AbortSignal,
): Promise<CheckOutcome> {
  const reference = parseImageReference(image);
  const name = familiarName(reference);
  if ((await engine?.inspectImage(image, { signal }).catch(() => undefined)) !== undefined)
    return ok(`${name} (local)`);
  const { domain, path, tag, digest } = reference;
  try {
    const registry = await registryFor(domain);
    const manifest = await registry.headManifest(path, digest ?? tag ?? 'latest', { signal, timeoutMs: 10_000 });
    if (manifest !== undefined) return ok(`${name} (${domain})`);
    return {
      status: 'failed',
      detail: `${name} is neither in the engine nor at ${domain}`,
      hint: 'Correct baseImage or baseRuntimeImage in config.yaml, or build or load that image first.',
      errorCode: 'REGISTRY_ERROR',
    };
  } catch (error) {
    if (!isObjDockerError(error)) throw error;
    const detail = `${name} is not in the engine, and ${domain} cannot be checked: ${error.message}`;
    // The engine may have access through its mirror.
    const mirrors = domain === 'docker.io' ? await mirrorsOf(engine, signal) : [];
    if (mirrors.length > 0)
      return { status: 'warning', detail, hint: `The engine pulls from its mirror ${mirrors.join(', ')} first.` };
    return { status: 'failed', detail, hint: unreachableHint(domain, name, error.hint), errorCode: error.code };
  }
}

async function mirrorsOf(engine: Engine | undefined, signal: AbortSignal): Promise<readonly string[]> {
  const info = await engine?.info({ signal }).catch(() => undefined);
  return info?.mirrors ?? [];
}

function unreachableHint(domain: string, name: string, hint: string | undefined): string | undefined {
  if (domain === 'localhost') return `${name} is a local name: build or load that image first.`;
  if (domain !== 'docker.io') return hint;
  return 'Without Docker Hub: use base images that the engine has (docker images), load one (docker load), or configure a registry mirror for the engine.';
}

/** The result of the registry probe, in one line. */
export function registryCheck(probe: (signal: AbortSignal) => Promise<ProbeReport>): PreflightCheck {
  return {
    id: 'registry',
    title: 'Registry',
    async run(signal) {
      const report = await probe(signal);
      const error = probeError(report);
      if (error !== undefined && !isAboutCredentials(error.code)) throw error;
      const warnings = report.findings.filter(({ level }) => level === 'warning');
      const kind =
        report.type === 'harbor'
          ? `Harbor${report.version === undefined ? '' : ` ${report.version}`}`
          : 'plain registry';
      if (warnings.length === 0) return ok(`${kind} at ${report.url}`);
      return {
        status: 'warning',
        detail: warnings.map(({ message }) => message).join('; '),
        hint: warnings.find(({ hint }) => hint !== undefined)?.hint,
      };
    },
  };
}

export interface CredentialsCheckOptions {
  readonly host: string;
  readonly find: (signal: AbortSignal) => Promise<FoundCredentials>;
  /** The same probe as of {@link registryCheck}: it has tried the credentials. */
  readonly probe: (signal: AbortSignal) => Promise<ProbeReport>;
}

/** There are credentials for the registry, it accepts them, and they may push. */
export function credentialsCheck({ host, find, probe }: CredentialsCheckOptions): PreflightCheck {
  return {
    id: 'credentials',
    title: 'Credentials',
    async run(signal) {
      const found = await find(signal);
      const report = await probe(signal);
      const error = probeError(report);
      if (error !== undefined && isAboutCredentials(error.code)) throw error;
      if (!wereTried(report)) return skipped(`${host} is not reachable`);
      const [warning] = found.warnings;
      const detail = describe(found, report, host);
      return warning === undefined ? ok(detail) : { status: 'warning', detail: `${detail}; ${warning}` };
    },
  };
}

function wereTried({ findings }: ProbeReport): boolean {
  return findings.some(({ code }) => code === 'LOGIN' || code === 'ANONYMOUS' || code === 'PUSH_ALLOWED');
}

function describe(found: FoundCredentials, report: ProbeReport, host: string): string {
  if (found.source === 'none') return `${host} requires none`;
  const user = report.user ?? found.credentials?.username ?? 'an identity token';
  const mayPush = report.findings.some(({ code }) => code === 'PUSH_ALLOWED') ? ', may push' : '';
  return `${user}, from ${found.source}${mayPush}`;
}

function isAboutCredentials(code: string): boolean {
  return code === 'REGISTRY_UNAUTHORIZED' || code === 'REGISTRY_FORBIDDEN';
}

/** The worst outcome, with the details of all that are not ok; undefined when all are. */
function worst(outcomes: readonly CheckOutcome[]): CheckOutcome | undefined {
  const ill = outcomes.filter(({ status }) => status === 'failed' || status === 'warning');
  const first = ill.find(({ status }) => status === 'failed') ?? ill[0];
  return first && { ...first, detail: ill.map(({ detail }) => detail).join('; ') };
}

function ok(detail: string): CheckOutcome {
  return { status: 'ok', detail };
}

function skipped(detail: string): CheckOutcome {
  return { status: 'skipped', detail };
}
