import pMap from 'p-map';
import { hasErrorCode } from '../../errors.ts';
import { shortDigest } from '../../lib/text/words.ts';
import type { AuditedImage } from '../../model/audit.ts';
import type { ReleasedService } from '../../model/release.ts';
import type { ImageVerdict } from '../../model/verdict.ts';
import { readTag } from '../../release/store/tag-store.ts';
import { evaluatePolicy } from '../policy/evaluate.ts';
import { type GateImage, outcomeOfError } from '../policy/image.ts';
import { checkAge, renewReports } from '../policy/report-age.ts';
import { repositoryOf } from '../run/open-registry.ts';
import { copyPolicy } from '../run/plan.ts';
import type { AuditContext, CurrentRelease } from './audit-context.ts';

/** How many images are looked at together: only so many reports are in memory. */
const CONCURRENCY = 4;

/** Audits the images that the public tags must point to. */
export async function auditImages(
  context: AuditContext,
  currents: readonly CurrentRelease[],
): Promise<readonly AuditedImage[]> {
  const images = imagesOf(currents);
  return await pMap(images, async (image) => auditImage(context, image), { concurrency: CONCURRENCY });
}

interface CurrentImage {
  readonly service: ReleasedService;
  readonly tags: readonly string[];
}

/** An image of several tags is one. */
function imagesOf(currents: readonly CurrentRelease[]): CurrentImage[] {
  const found = new Map<string, CurrentImage>();
  for (const { tag, record } of currents)
    for (const service of record.services) {
      const key = `${service.repository}@${service.digest}`;
      found.set(key, { service, tags: [...(found.get(key)?.tags ?? []), tag] });
    }
  return [...found.values()];
}

async function auditImage(context: AuditContext, { service: released, tags }: CurrentImage): Promise<AuditedImage> {
  const { service, repository, digest, since, revision, built, platforms } = released;
  const [verdict] = await Promise.all([
    auditContent(context, released),
    ...tags.map((tag) => auditTag(context, released, tag)),
  ]);
  return {
    ...(service === undefined ? {} : { service }),
    repository,
    digest,
    tags: [...tags],
    since,
    ...(revision === undefined ? {} : { revision }),
    ...(built === undefined ? {} : { built }),
    platforms: platforms.map(({ platform }) => platform),
    ...(verdict === undefined ? {} : { verdict }),
  };
}

async function auditTag(
  { registry, report, signal }: AuditContext,
  { service, repository, digest }: ReleasedService,
  tag: string,
): Promise<void> {
  const { store } = registry;
  const found = await readTag(store, repository, tag, { signal });
  if (found === digest) return;
  const reference = `${store.host}/${repository}:${tag}`;
  const now = found === undefined ? 'does not exist' : `points to ${shortDigest(found)}`;
  report({
    kind: 'tag-moved',
    ...(service === undefined ? {} : { service }),
    tag,
    reference,
    message: `${reference} ${now}, and its current release says ${shortDigest(digest)}`,
  });
}

/** The image is there with all its platforms, and passes today's policy. */
async function auditContent(context: AuditContext, released: ReleasedService): Promise<ImageVerdict | undefined> {
  const { registry, report } = context;
  const { service, repository, digest } = released;
  const named = {
    ...(service === undefined ? {} : { service }),
    reference: `${registry.store.host}/${repository}@${digest}`,
  };
  try {
    return registry.project === undefined
      ? await auditManifests(context, released)
      : await auditReport(context, released);
  } catch (error) {
    if (!hasErrorCode(error, 'ARTIFACT_NOT_FOUND', 'REPOSITORY_NOT_FOUND')) throw error;
    report({
      kind: 'image-missing',
      ...named,
      message: `${service ?? repository}: the released image, or one of its platforms, is not in the registry: ${error.message}`,
    });
    return undefined;
  }
}

/** A registry without scans has only manifests to look at. */
async function auditManifests(
  { registry, signal }: AuditContext,
  { repository, digest, platforms }: ReleasedService,
): Promise<undefined> {
  const digests = new Set([digest, ...platforms.map((each) => each.digest)]);
  await Promise.all([...digests].map((each) => registry.store.fetchManifest(repository, each, { signal })));
}

async function auditReport(context: AuditContext, released: ReleasedService): Promise<ImageVerdict | undefined> {
  const { pkg, registry, now, report, unknown } = context;
  const { service, repository, digest } = released;
  const [verdict] = evaluatePolicy(copyPolicy(pkg), [await readReport(context, released)], now).images;
  const name = service ?? repository;
  const common = {
    ...(service === undefined ? {} : { service }),
    reference: `${registry.store.host}/${repository}@${digest}`,
  };
  const reason = verdict?.reason ?? 'it has no report';
  switch (verdict?.outcome) {
    case 'passed':
      break;
    case 'rejected': {
      const ids = [...new Set(verdict.rejecting.map(({ id }) => id))];
      const shown = ids.length > 3 ? [...ids.slice(0, 3), `${ids.length - 3} more`] : ids;
      report({
        kind: 'released-but-rejected',
        ...common,
        message: `${name} is released, and today's policy rejects it: ${[...shown, ...(verdict.reason === undefined ? [] : [verdict.reason])].join(', ')}`,
      });
      break;
    }
    case 'report-too-old':
      report({ kind: 'report-too-old', ...common, message: `${name}: ${reason}` });
      break;
    case 'scanner-down':
    case 'timed-out':
      unknown(`the findings of ${name}: ${reason}`);
      break;
    default:
      report({ kind: 'not-scanned', ...common, message: `${name}: ${reason}` });
  }
  return verdict;
}

async function readReport(
  { pkg, options, registry, now, signal, emit }: AuditContext,
  { service, repository: path, digest }: ReleasedService,
): Promise<GateImage> {
  const { project } = registry;
  if (project === undefined) throw new Error('only a Harbor has reports');
  const repository = repositoryOf(project, path);
  const age = { maxAgeMs: pkg.scan.maxAgeMs, now: registry.now?.() ?? now };
  try {
    const read = checkAge({ service, report: await repository.scanReport(digest, { signal }) }, age);
    if (options.rescan === undefined) return read;
    const [renewed = read] = await renewReports(
      [read],
      [{ repository, digest, reference: `${registry.store.host}/${path}@${digest}` }],
      {
        project,
        rescan: options.rescan,
        timeoutMs: pkg.scan.timeoutMs,
        signal,
        emit: (reference, event) => emit({ type: 'scan', reference, event }),
      },
    );
    return renewed;
  } catch (error) {
    const outcome = outcomeOfError(error);
    if (outcome === undefined) throw error;
    return { service, repository: path, digest, ...outcome };
  }
}
