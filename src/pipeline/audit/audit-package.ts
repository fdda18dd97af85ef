import pMap from 'p-map';
import { tagsOf } from '../../config/image-name.ts';
import type { Package } from '../../config/package.ts';
import { hasErrorCode, isObjDockerError, type ObjDockerError } from '../../errors.ts';
import { createOperation, expectListeners, type Operation } from '../../lib/operation.ts';
import { daysUntil, describeExpiry, NOTICE_DAYS } from '../../lib/text/expiry.ts';
import { count, joinWords } from '../../lib/text/words.ts';
import type { AuditedPackage, AuditReport, Difference, EarlierRelease } from '../../model/audit.ts';
import { GATE_OUTCOMES } from '../../model/enums.ts';
import { noCounts } from '../../model/severity-counts.ts';
import { describeLost, readRules } from '../../preflight/retention-check.ts';
import { type History, isRelease, type RecordWithState, type ReleaseRecords } from '../../release/records.ts';
import { numberOfTag } from '../../release/release-tags.ts';
import type { PipelineEvent } from '../events.ts';
import type { AuditOptions, PipelineDependencies } from '../options.ts';
import { openRecords, openRunRegistry } from '../run/open-registry.ts';
import { notOnRecord } from '../run/release-session.ts';
import type { AuditContext, CurrentRelease } from './audit-context.ts';
import { auditImages } from './audit-images.ts';

/** How many packages are audited at once. */
const PACKAGES = 3;

/** Audits what is released of packages; see ObjBuild.audit. Of several, one that cannot be audited does not keep the others back. */
export function auditPackages(
  packages: readonly Package[],
  options: AuditOptions,
  dependencies: PipelineDependencies,
): Operation<PipelineEvent, AuditReport> {
  return createOperation(async ({ emit, signal }) => {
    expectListeners(signal);
    const created = dependencies.environment.now().toISOString();
    const work = { options, signal, emit: (event: PipelineEvent) => void emit(event), isOnly: packages.length === 1 };
    const audited = await pMap(packages, (pkg) => auditPackage(pkg, work, dependencies), { concurrency: PACKAGES });
    return { created, packages: audited };
  }, options.signal);
}

async function auditPackage(
  pkg: Package,
  { isOnly, ...work }: Pick<AuditContext, 'options' | 'signal' | 'emit'> & { readonly isOnly: boolean },
  { environment }: PipelineDependencies,
): Promise<AuditedPackage> {
  const { signal } = work;
  const differences: Difference[] = [];
  const unknown = new Set<string>();
  const allowances = pkg.scan.allow.map(({ id, reason, until }) => ({
    id,
    reason,
    ...(until === undefined ? {} : { until }),
  }));
  const common = { name: pkg.name, host: pkg.registry.host, allowances };
  const now = environment.now();
  try {
    await using registry = await openRunRegistry({
      pkg,
      environment,
      progress: { warn: (message) => void unknown.add(message) },
      signal,
    });
    const context = {
      ...work,
      pkg,
      registry,
      now,
      report: (difference: Difference) => void differences.push(difference),
      unknown: (text: string) => void unknown.add(text),
    };
    const { records, history } = await readHistory(context);
    const currents = await readCurrents({ ...context, records }, history);
    const [images, releases, database] = await Promise.all([
      auditImages({ ...context, records }, currents),
      readReleases({ ...context, records }, history),
      registry.project?.scannerDatabase({ signal }),
      auditRecords({ ...context, records }, history),
      auditRetention({ ...context, records }, currents),
    ]);
    auditAllowances(context);
    const held = history.ended?.record.held;
    return {
      ...common,
      tags: currents.map(({ tag, record }) => ({ tag, release: record.number, released: record.created })),
      ...(held === undefined ? {} : { held }),
      images,
      ...(database === undefined ? {} : { database }),
      releases,
      differences,
      unknown: [...unknown],
    };
  } catch (error) {
    if (!isObjDockerError(error) || signal.aborted || isOnly) throw error;
    const text = [error.message, error.hint].filter(Boolean).join('. ');
    return { ...common, tags: [], images: [], releases: [], differences, unknown: [...unknown, text] };
  }
}

type UnopenedContext = Omit<AuditContext, 'records'>;

/** What is on record. A record that cannot be read is a difference, and the audit goes on without it. */
async function readHistory(
  context: UnopenedContext,
): Promise<{ readonly records: ReleaseRecords; readonly history: History }> {
  const { pkg, registry, report, signal } = context;
  const ignored: number[] = [];
  for (;;) {
    const records = openRecords(pkg, registry.store, ignored);
    if (records === undefined) throw notOnRecord(pkg);
    try {
      const history = await records.history({ signal });
      if (history.latest?.state === 'open' || history.latest?.state === 'undoing')
        report({
          kind: 'release-open',
          message: `release ${history.latest.record.number} has not ended: its run is in progress, or died, and the next run finishes it`,
        });
      return { records, history };
    } catch (error) {
      const number = invalidNumber(error);
      if (number === undefined || ignored.includes(number)) throw error;
      report({ kind: 'record-invalid', message: (error as ObjDockerError).message });
      ignored.push(number);
    }
  }
}

function invalidNumber(error: unknown): number | undefined {
  if (!hasErrorCode(error, 'RECORD_INVALID')) return undefined;
  return typeof error.details.number === 'number' ? error.details.number : undefined;
}

async function readCurrents(
  { pkg, options, records, report, signal }: AuditContext,
  history: History,
): Promise<readonly CurrentRelease[]> {
  const tags = [...new Set(options.tags ?? tagsOf(pkg))];
  const found = await Promise.all(
    tags.map(async (tag) => {
      try {
        const current = await records.current(history, tag, { signal });
        return current === undefined ? [] : [{ tag, record: current.record }];
      } catch (error) {
        if (!hasErrorCode(error, 'RECORD_INVALID', 'RECORD_NOT_FOUND')) throw error;
        const kind = error.code === 'RECORD_INVALID' ? 'record-invalid' : 'record-missing';
        report({ kind, tag, message: error.message });
        return [];
      }
    }),
  );
  return found.flat();
}

/** The most numbers of missing records that are named. */
const MOST_NUMBERS = 10;

/** Each number up to the newest has its record. */
async function auditRecords({ registry, records, report, signal }: AuditContext, { newest }: History): Promise<void> {
  if (newest === 0) return;
  const found = new Set<number>();
  for await (const tag of registry.registry.listTags(records.repository, { signal })) {
    const number = numberOfTag(tag);
    if (number !== undefined && tag === String(number)) found.add(number);
  }
  const missing = Array.from({ length: newest }, (_, index) => index + 1).filter((number) => !found.has(number));
  if (missing.length === 0) return;
  const named = missing.slice(0, MOST_NUMBERS).map(String);
  const more = missing.length > named.length ? [`${missing.length - named.length} more`] : [];
  report({
    kind: 'record-missing',
    message: `${count(missing.length, 'release record')} of ${newest} ${missing.length === 1 ? 'is' : 'are'} not in ${records.repository}: ${joinWords([...named, ...more])}`,
  });
}

/** The tag retention of the project keeps released images and records. */
async function auditRetention(
  { registry, records, report, unknown, signal }: AuditContext,
  currents: readonly CurrentRelease[],
): Promise<void> {
  const { project } = registry;
  if (project === undefined || currents.length === 0) return;
  const inProject = (path: string): string => path.slice(project.name.length + 1);
  try {
    const rules = await readRules(project, await project.get({ signal }), signal);
    const images = currents.flatMap(({ tag, record }) =>
      record.services.map(({ repository }) => ({ repository: inProject(repository), tag })),
    );
    const lost = describeLost(project.name, { images, records: inProject(records.repository) }, rules);
    if (lost !== undefined) report({ kind: 'retention', message: [lost.detail, lost.hint].filter(Boolean).join('. ') });
  } catch (error) {
    if (!hasErrorCode(error, 'REGISTRY_FORBIDDEN')) throw error;
    unknown(`whether tag retention deletes released images: ${error.message}`);
  }
}

function auditAllowances({ pkg, now, report }: UnopenedContext): void {
  for (const { id, until } of pkg.scan.allow) {
    if (until === undefined) continue;
    if (daysUntil(until, now) > NOTICE_DAYS) continue;
    report({ kind: 'allowance-expires', message: `the allowance of ${id} ${describeExpiry(until, now)}` });
  }
}

/** The latest releases, for a trend. */
async function readReleases(
  { options, records, signal }: AuditContext,
  { newest }: History,
): Promise<readonly EarlierRelease[]> {
  const { history = 0 } = options;
  if (history === 0) return [];
  const found = await records.list({ newest }, history, { signal });
  return found
    .filter((each): each is RecordWithState => 'record' in each && each.state === 'done' && isRelease(each.record))
    .map(({ record: { number, kind, created, tags, services } }) => {
      const counts = noCounts();
      for (const { verdict } of services)
        for (const severity of Object.keys(counts) as (keyof typeof counts)[])
          counts[severity] += verdict?.counts[severity] ?? 0;
      const outcome = GATE_OUTCOMES.find((each) => services.some(({ verdict }) => verdict?.outcome === each));
      return { number, kind, created, tags, ...(outcome === undefined ? {} : { outcome }), counts };
    });
}
