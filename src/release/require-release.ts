import { ObjDockerError } from '../errors.ts';
import type { RecordState } from '../model/enums.ts';
import type { ReleaseRecord } from '../model/release.ts';
import { isRelease, type RecordWithState } from './records.ts';

/** @throws {ObjDockerError} RELEASE_NOT_FOUND for a record that is no release: a hold, for example, has no images */
export function requireRelease(record: Pick<ReleaseRecord, 'kind' | 'number' | 'package'>): void {
  if (isRelease(record)) return;
  const { kind, number, package: name } = record;
  throw new ObjDockerError(
    'RELEASE_NOT_FOUND',
    `record ${number} of ${name} is a ${kind}, not a release: it has no images of its own`,
    {
      hint: `Name a release or a rollback. List them: objdocker releases ${name}`,
      details: { number, kind },
    },
  );
}

/** @throws {ObjDockerError} RELEASE_NOT_FOUND for a record that is no release, or that has not ended well */
export function requireDone({ record, state }: RecordWithState): void {
  requireRelease(record);
  if (state === 'done') return;
  const { number, package: name } = record;
  const problem = state === 'open' ? 'has not ended' : 'was undone';
  throw new ObjDockerError('RELEASE_NOT_FOUND', `release ${number} of ${name} ${problem}`, {
    hint: `Those that are done: objdocker releases ${name}`,
    details: { number, state },
  });
}

/** What to know about a release that is not, or no longer, public; undefined for one that is done. */
export function unfinishedWarning({
  kind,
  number,
  state,
}: Pick<ReleaseRecord, 'kind' | 'number'> & { readonly state: RecordState }): string | undefined {
  switch (state) {
    case 'done':
      return undefined;
    case 'open':
      return `${kind} ${number} has not ended: its run is in progress, or died. Its public tags may not point to these images yet`;
    case 'undoing':
      return `${kind} ${number} is being undone: its public tags go back to the images before`;
    case 'undone':
      return `${kind} ${number} was undone: its public tags never stayed on these images`;
  }
}
