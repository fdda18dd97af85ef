import type { Package } from '../../config/package.ts';
import { ObjDockerError } from '../../errors.ts';
import { createOperation, expectListeners, type Operation } from '../../lib/operation.ts';
import { joinWords } from '../../lib/text/words.ts';
import type { GateOutcome } from '../../model/enums.ts';
import { GATE_LABELS } from '../../model/labels.ts';
import type { PromotedRelease } from '../../model/rollback.ts';
import type { History, StoredRecord } from '../../release/records.ts';
import { requireDone } from '../../release/require-release.ts';
import { readTag } from '../../release/store/tag-store.ts';
import type { PipelineEvent } from '../events.ts';
import type { PipelineDependencies, PromoteReleaseOptions } from '../options.ts';
import { evaluatePolicy } from '../policy/evaluate.ts';
import { type Evaluated, recordedVerdict } from '../policy/recorded-verdict.ts';
import { checkAge, renewReports } from '../policy/report-age.ts';
import type { ReleasePlan } from '../promotion/promote.ts';
import { checkHold } from '../run/held.ts';
import { repositoryOf } from '../run/open-registry.ts';
import { checkPublicTags, copyPolicy } from '../run/plan.ts';
import { makeRecord, type ReleaseSession, settleReleases, withReleaseSession } from '../run/release-session.ts';
import { withdrawnError } from '../run/withdrawn.ts';
import { readReports } from './evaluate-released.ts';
import { releasedImage } from './images.ts';

/** Gives a release more public tags; see ObjBuild.promote. */
export function promoteRelease(
  pkg: Package,
  number: number,
  options: PromoteReleaseOptions,
  dependencies: PipelineDependencies,
): Operation<PipelineEvent, PromotedRelease> {
  return createOperation(async ({ emit, signal }) => {
    expectListeners(signal);
    if (options.tags.length === 0)
      throw new ObjDockerError('USAGE', 'no public tag named', { hint: 'Name one or more: --tag prod' });
    checkPublicTags(options.tags);
    const { ignoredRecords } = options;
    return await withReleaseSession(
      pkg,
      { ignoredRecords, emit: (event) => void emit(event), signal },
      dependencies,
      (session) => promoteNumber(session, number, options),
    );
  }, options.signal);
}

async function promoteNumber(
  session: ReleaseSession,
  number: number,
  options: PromoteReleaseOptions,
): Promise<PromotedRelease> {
  const { registry, records, signal } = session;
  const tags = [...new Set(options.tags)];
  const history = await settleReleases(session);
  const source = await records.readWithState(number, { signal });
  requireDone(source);
  const plan = (found: History, evaluated: Evaluated | undefined) =>
    planPromotion(session, { history: found, source, tags, evaluated, options });
  // What stops it is told before a scan is waited for.
  await plan(history, undefined);
  const evaluated = await evaluate(session, source, tags);
  const stored = await makeRecord(session, {
    origin: {
      kind: 'release',
      reason: options.reason,
      target: number,
      revision: source.record.revision,
      policy: evaluated?.verdict.policy,
      database: await registry.project?.scannerDatabase({ signal }),
    },
    tags,
    plan: await plan(history, evaluated),
    replan: (found) => plan(found, evaluated),
  });
  const verdict = evaluated === undefined ? {} : { verdict: evaluated.verdict };
  if (stored === undefined) {
    const current = (await records.current(history, tags[0] ?? '', { signal })) ?? source;
    return { release: described(current, tags), changed: false, ...verdict };
  }
  return { release: described(stored, tags), changed: true, ...verdict };
}

function described({ record, digest }: StoredRecord, currentFor: readonly string[]): PromotedRelease['release'] {
  return { ...record, digest, state: 'done', currentFor };
}

/**
 * Evaluates today's policy on the images, as a run of the pipeline does: a report that is too old is renewed. Undefined for a
 * registry without scans.
 *
 * @throws {ObjDockerError} RELEASE_REJECTED; SCAN_FAILED, SCANNER_DOWN or TIMEOUT when the findings of an image are not known
 */
async function evaluate(
  session: ReleaseSession,
  { record }: StoredRecord,
  tags: readonly string[],
): Promise<Evaluated | undefined> {
  const { pkg, environment, registry, emit, warn, signal } = session;
  const { project, store } = registry;
  if (project === undefined) {
    warn('the registry has no scans: nothing was evaluated');
    return undefined;
  }
  const policy = copyPolicy(pkg);
  const age = { maxAgeMs: policy.maxAgeMs, now: registry.now?.() ?? environment.now() };
  const read = await readReports(project, record.services, signal);
  const images = await renewReports(
    read.map((image) => checkAge(image, age)),
    record.services.map(({ repository, digest }) => ({
      repository: repositoryOf(project, repository),
      digest,
      reference: `${store.host}/${repository}@${digest}`,
    })),
    {
      project,
      rescan: 'too-old',
      timeoutMs: policy.timeoutMs,
      signal,
      emit: (reference, event) => emit({ type: 'scan', reference, event }),
    },
  );
  const verdict = evaluatePolicy(policy, images, environment.now());
  emit({ type: 'verdict', verdict });
  if (verdict.outcome === 'passed') return { images, verdict };
  const names = verdict.images
    .filter(({ outcome }) => outcome !== 'passed')
    .map(({ service, repository, outcome }) => `${service ?? repository} ${GATE_LABELS[outcome].toLowerCase()}`);
  throw new ObjDockerError(
    CODES[verdict.outcome],
    `release ${record.number} cannot get the public tag ${joinWords(tags)}: ${joinWords(names)}`,
    {
      hint: `Nothing was changed. All findings: objdocker gate ${record.services.map(({ service, repository, digest }) => `${service ?? repository}@${digest.slice(0, 19)}`).join(' ')}`,
      details: { outcome: verdict.outcome },
    },
  );
}

/** An unknown result is not the same as a rejection. */
const CODES = {
  rejected: 'RELEASE_REJECTED',
  'not-scanned': 'SCAN_FAILED',
  'report-too-old': 'SCAN_FAILED',
  'scan-failed': 'SCAN_FAILED',
  'scanner-down': 'SCANNER_DOWN',
  'timed-out': 'TIMEOUT',
} as const satisfies Record<Exclude<GateOutcome, 'passed'>, string>;

interface PlanInput {
  readonly history: History;
  readonly source: StoredRecord;
  readonly tags: readonly string[];
  readonly evaluated: Evaluated | undefined;
  readonly options: PromoteReleaseOptions;
}

/** @throws {ObjDockerError} RELEASE_HELD, RELEASE_WITHDRAWN; RELEASE_NEWER when a tag has a later release */
async function planPromotion(
  { pkg, registry, records, signal }: ReleaseSession,
  { history, source, tags, evaluated, options }: PlanInput,
): Promise<ReleasePlan> {
  const { store } = registry;
  const { services } = source.record;
  checkHold(history, pkg, options);
  const withdrawn = withdrawnError({ pkg, options }, history, services);
  if (withdrawn !== undefined) throw withdrawn;
  const currents = await Promise.all(tags.map((tag) => records.current(history, tag, { signal })));
  for (const [index, current] of currents.entries()) checkNewer(source, current, { tag: tags[index] ?? '', options });
  const adopted = new Map<string, string | undefined>();
  if (options.adopt === true)
    for (const { repository } of services)
      for (const tag of tags) adopted.set(`${repository}:${tag}`, await readTag(store, repository, tag, { signal }));
  return {
    history,
    currents,
    images: services.map((service) => ({ ...releasedImage(service), ...recordedVerdict(service, evaluated) })),
    expected({ repository }, tag) {
      const key = `${repository}:${tag}`;
      if (adopted.has(key)) return adopted.get(key);
      const current = currents[tags.indexOf(tag)];
      return current?.record.services.find((each) => each.repository === repository)?.digest;
    },
  };
}

/** A promotion goes forward: what goes back is a rollback, which withdraws and holds. */
function checkNewer(
  { record }: StoredRecord,
  current: StoredRecord | undefined,
  { tag, options }: { readonly tag: string; readonly options: PromoteReleaseOptions },
): void {
  const released = current?.record.target ?? current?.record.number;
  if (released === undefined || released <= record.number || options.backwards === true) return;
  throw new ObjDockerError(
    'RELEASE_NEWER',
    `${tag} has release ${released} of ${record.package}, which is newer than ${record.number}`,
    {
      hint: `To go back: objdocker rollback --to ${record.number} --tag ${tag}, when both list the tag. To promote it all the same: --backwards.`,
    },
  );
}
