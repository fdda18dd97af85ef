import { isObjDockerError } from '../../../errors.ts';
import type { GcEvent } from '../../../harbor/gc/run.ts';
import { formatBytes } from '../../../lib/text/bytes.ts';
import { sanitizeLine } from '../../../lib/text/sanitize.ts';
import type { GcRun } from '../../../model/harbor.ts';
import { fittingTable, type TableColumn } from '../../../terminal/fitting-table.ts';
import type { Colors } from '../../../terminal/output-stream.ts';
import type { Output } from '../../framework/output.ts';
import { type RenderListOptions, timeColumn } from '../columns.ts';

/** The result of a gc run as one line. */
export function renderGcRun(run: GcRun, colors: Colors): string {
  const { id, state, dryRun, freedBytes, purgedBlobs, purgedManifests, note } = run;
  const figures = [
    ...(freedBytes === undefined ? [] : [formatFreed(freedBytes, dryRun)]),
    ...(purgedBlobs === undefined ? [] : [`${purgedBlobs} blobs`]),
    ...(purgedManifests === undefined ? [] : [`${purgedManifests} manifests`]),
  ];
  const kind = dryRun ? 'gc dry run' : 'gc run';
  const line = `${kind} ${id}: ${[stateColor(run, colors)(state), ...figures].join(', ')}`;
  return note === undefined ? line : `${line}. ${sanitizeLine(note)}`;
}

/** Runs of gc as a table that fits the terminal. */
export function renderGcRuns(runs: readonly GcRun[], { columns: width, colors, now }: RenderListOptions): string {
  const columns: TableColumn<GcRun>[] = [
    { head: 'ID', cell: ({ id }) => String(id) },
    { head: 'STATE', cell: ({ state }) => state, paint: (text, run) => stateColor(run, colors)(text) },
    { head: 'KIND', cell: ({ kind, dryRun }) => (dryRun ? `${kind}, dry run` : kind), dropOrder: 1 },
    { head: 'UNTAGGED', cell: ({ deleteUntagged }) => (deleteUntagged ? 'deleted' : 'kept'), dropOrder: 2 },
    {
      head: 'FREED',
      cell: ({ freedBytes }) => (freedBytes === undefined ? '' : formatBytes(freedBytes)),
      fullCell: ({ freedBytes }) => (freedBytes === undefined ? '' : String(freedBytes)),
    },
    { head: 'BLOBS', cell: ({ purgedBlobs }) => (purgedBlobs === undefined ? '' : String(purgedBlobs)), dropOrder: 3 },
    {
      head: 'MANIFESTS',
      cell: ({ purgedManifests }) => (purgedManifests === undefined ? '' : String(purgedManifests)),
      dropOrder: 4,
    },
    timeColumn('STARTED', ({ started }) => started, { now }),
  ];
  return [...fittingTable(runs, columns, { width, colors })].join('\n');
}

/** Reports the progress of a gc run on stderr. Cancelling the wait does not end the run: a note says so. */
export async function renderGcProgress(
  events: AsyncIterable<GcEvent>,
  output: Output,
  { dryRun }: Pick<GcRun, 'dryRun'>,
): Promise<void> {
  let id: number | undefined;
  try {
    for await (const event of events) {
      if (event.type === 'started') id = event.id;
      output.info(describeEvent(event, dryRun));
    }
  } catch (error) {
    if (id !== undefined && isObjDockerError(error) && error.code === 'CANCELLED')
      output.info(`gc run ${id} continues in Harbor. Show its result: objdocker harbor-gc --history`);
    throw error;
  }
}

function describeEvent(event: GcEvent, dryRun: boolean): string {
  switch (event.type) {
    case 'started':
      return event.attached
        ? `gc run ${event.id} is already running: waiting for it`
        : `gc run ${event.id} was started`;
    case 'progress':
      return event.status;
    case 'collected':
      return `${formatFreed(event.freedBytes, dryRun)}; Harbor takes up to half a minute to report the end`;
    case 'trouble':
      return sanitizeLine(`waiting for Harbor: ${event.message}`);
  }
}

function formatFreed(bytes: number, dryRun: boolean): string {
  return `${formatBytes(bytes)} ${dryRun ? 'would be freed' : 'freed'}`;
}

function stateColor({ state }: GcRun, colors: Colors): (text: string) => string {
  if (state === 'done') return colors.green;
  return state === 'failed' || state === 'stopped' ? colors.red : colors.cyan;
}
