import { setTimeout as sleep } from 'node:timers/promises';
import type { TestHarbor } from '../harness/harbor-server.ts';
import { type RecordedVersion, readRecording, recordingNames } from '../harness/recordings.ts';

/** A sandbox's Harbor on which recordings are replayed. */
export interface ReplayedHarbor {
  readonly harbor: TestHarbor;
  /** Maps digests, secrets and ids of the recordings to those of this run. */
  readonly substitutions: Map<string, string>;
}

/**
 * What is done before a recording is replayed.
 *
 * A plan holds the scans that a recording shows unfinished, so that their state does not depend on the machine's speed.
 */
export type Steps = Readonly<Record<string, (replayed: ReplayedHarbor) => Promise<void>>>;

export interface RecordedScenario {
  readonly version: RecordedVersion;
  readonly steps: Steps;
  /** Recordings that cannot be replayed. */
  readonly leftOut: RegExp;
}

/** The log of a gc run is empty for half of its time. {@link endGc} shortens that time. */
export const GC_TIME = 3_600_000;

export const artifactPath = (repository: string, reference: string): string =>
  `projects/axion/repositories/${repository}/artifacts/${reference}`;

/** Keeps the scans of a repository unfinished until {@link release}. */
export const hold = (harbor: TestHarbor, repository: string): Promise<void> =>
  harbor.planScans(repository, { holds: true });

export const release = (harbor: TestHarbor, repository: string): Promise<void> => harbor.planScans(repository, {});

/** Lets the gc runs of a recording end. */
export async function endGc({ harbor }: ReplayedHarbor): Promise<void> {
  await harbor.setDelays({ gcTime: 0 });
}

/** Waits for the end of the gc runs, and lets later ones run until {@link endGc}. */
export async function finishGc({ harbor }: ReplayedHarbor): Promise<void> {
  await until(harbor, 'system/gc?page_size=100', /^(?!.*"job_status":"Running")/);
  await harbor.setDelays({ gcTime: GC_TIME });
}

export const untilScan = (harbor: TestHarbor, artifact: string, status: string): Promise<void> =>
  until(harbor, `${artifact}?with_scan_overview=true`, new RegExp(`"scan_status":"${status}"`));

/** Polls a path until its response matches. */
export async function until(harbor: TestHarbor, path: string, pattern: RegExp): Promise<void> {
  while (!pattern.test(await (await harbor.api('GET', path)).text())) await sleep(20);
}

/** A text of the recording with the digests, secrets and ids of this run. */
export function ours({ substitutions }: ReplayedHarbor, text: string): string {
  let changed = text;
  for (const [theirs, own] of substitutions) changed = changed.replaceAll(theirs, own);
  return changed;
}

/** The recordings of a scenario in the order in which they were made. */
export const namesOf = ({ version, leftOut }: RecordedScenario): readonly string[] =>
  recordingNames(version)
    .filter((name) => !leftOut.test(name))
    .map((name) => ({ name, key: `${version === '2.15' ? timeOf(name) : ''}${inOrder(name)}` }))
    .toSorted((a, b) => a.key.localeCompare(b.key))
    .map(({ name }) => name);

/** The recordings of 2.15 are numbered by subject, so their order is that of their responses. */
const timeOf = (name: string): string =>
  `${new Date(readRecording(name, '2.15').response.headers.get('date') ?? '').toISOString()} `;

/** The requests about one gc run share a number. They sort by stage, not by name. Two others were made in the same second. */
function inOrder(name: string): string {
  if (name === '150-push-other-artifact') return '150';
  const [, number = '', rest = ''] = /^(\d+)-(?:dry|real)-gc-(.*)$/.exec(name) ?? [];
  const stages = ['start', 'right-after', 'log-right-after', 'start-while-running', 'done', 'log'];
  return number === '' ? name : `${number}-${stages.indexOf(rest)}`;
}
