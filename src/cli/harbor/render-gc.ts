import { isObjDockerError } from '../../errors.ts';
import type { GarbageCollection } from '../../harbor/gc/gc.ts';
import type { GcEvent } from '../../harbor/gc/run.ts';
import { formatBytes } from '../../lib/text/bytes.ts';
import { formatAge } from '../../lib/text/duration.ts';
import { sanitizeLine } from '../../lib/text/sanitize.ts';
import { fittingTable, type TableColumn } from '../../terminal/fitting-table.ts';
import type { Colors, Output } from '../framework/output.ts';
import type { RenderListOptions } from './render-lists.ts';

/** What came of a garbage collection, in a sentence or two. */
export function renderCollection(run: GarbageCollection, colors: Colors): string {
  const { id, state, dryRun, freedBytes, purgedBlobs, purgedManifests, note } = run;
  const what = stateColor(run, colors)(state);
  const figures = [
    ...(freedBytes === undefined ? [] : [`${formatBytes(freedBytes)} ${dryRun ? 'would be freed' : 'freed'}`]),
    ...(purgedBlobs === undefined ? [] : [`${purgedBlobs} blobs`]),
    ...(purgedManifests === undefined ? [] : [`${purgedManifests} manifests`]),
  ];
  const kind = dryRun ? 'dry run of a garbage collection' : 'garbage collection';
  const line = `${kind} ${id}: ${[what, ...figures].join(', ')}`;
  return note === undefined ? line : `${line}. ${sanitizeLine(note)}`;
}

/** Garbage collections as a table that fits the terminal. */
export function renderCollections(
  runs: readonly GarbageCollection[],
  { columns: width, colors, now }: RenderListOptions,
): string {
  const columns: TableColumn<GarbageCollection>[] = [
    { head: 'ID', cell: ({ id }) => String(id) },
    { head: 'STATE', cell: ({ state }) => state, paint: (text, run) => stateColor(run, colors)(text) },
    { head: 'KIND', cell: ({ kind, dryRun }) => (dryRun ? `${kind}, dry run` : kind), spare: 1 },
    { head: 'UNTAGGED', cell: ({ deleteUntagged }) => (deleteUntagged ? 'deleted' : 'kept'), spare: 2 },
    {
      head: 'FREED',
      cell: ({ freedBytes }) => (freedBytes === undefined ? '' : formatBytes(freedBytes)),
      whole: ({ freedBytes }) => (freedBytes === undefined ? '' : String(freedBytes)),
    },
    { head: 'BLOBS', cell: ({ purgedBlobs }) => (purgedBlobs === undefined ? '' : String(purgedBlobs)), spare: 3 },
    {
      head: 'MANIFESTS',
      cell: ({ purgedManifests }) => (purgedManifests === undefined ? '' : String(purgedManifests)),
      spare: 4,
    },
    {
      head: 'STARTED',
      cell: ({ started }) => `${formatAge(now.getTime() - Date.parse(started), { short: true })} ago`,
      whole: ({ started }) => started,
    },
  ];
  return [...fittingTable(runs, columns, { width, colors })].join('\n');
}

/** Says on stderr how far a garbage collection is, and that it goes on when only the wait for it is cancelled. */
export async function renderGcProgress(
  events: AsyncIterable<GcEvent>,
  output: Output,
  { dryRun }: Pick<GarbageCollection, 'dryRun'>,
): Promise<void> {
  let id: number | undefined;
  try {
    for await (const event of events) {
      if (event.type === 'started') id = event.id;
      output.info(describe(event, dryRun));
    }
  } catch (error) {
    if (id !== undefined && isObjDockerError(error) && error.code === 'CANCELLED')
      output.info(`garbage collection ${id} goes on in Harbor: objdocker harbor-gc --history`);
    throw error;
  }
}

function describe(event: GcEvent, dryRun: boolean): string {
  switch (event.type) {
    case 'started':
      return `garbage collection ${event.id} ${event.attached ? 'runs already, waiting for it' : 'was started'}`;
    case 'progress':
      return event.status;
    case 'collected':
      return `${formatBytes(event.freedBytes)} ${dryRun ? 'would be freed' : 'freed'}; Harbor takes up to half a minute to say that it is over`;
    case 'trouble':
      return sanitizeLine(`waiting for Harbor: ${event.message}`);
  }
}

function stateColor({ state }: GarbageCollection, colors: Colors): (text: string) => string {
  if (state === 'done') return colors.green;
  return state === 'failed' || state === 'stopped' ? colors.red : colors.cyan;
}
