import type { ProgressSink } from './progress.ts';

const STEP = /^#(\d+) (.*)$/s;
const LOG = /^\d+\.\d+ (.*)$/s;
const DONE = /^DONE (\d+(?:\.\d+)?)s$/;
const TRANSFER = /^(.+?) (\d+(?:\.\d+)?)(k|M|G|T)?B(?: \/ (\d+(?:\.\d+)?)(k|M|G|T)?B)?(?: .*)?$/;

/**
 * Reads `--progress=plain`, for clients without `rawjson`: `#4 [2/5] RUN make`, `#4 0.31 output`, `#4 DONE 1.2s`.
 *
 * @param now the time in milliseconds, which plain progress does not contain
 */
export function createPlainProgressReader(sink: ProgressSink, now: () => number): (line: string) => void {
  const names = new Map<string, { name: string; startedMs: number }>();
  return (line) => {
    const [, number, rest] = STEP.exec(line) ?? [];
    if (number === undefined || rest === undefined) {
      // An empty line separates steps.
      if (line !== '') sink.text(line);
      return;
    }
    const id = `#${number}`;
    const known = names.get(id);
    if (known === undefined) {
      names.set(id, { name: rest, startedMs: now() });
      sink.vertex({ id, name: rest, startedMs: now() });
    } else readUpdate({ id, ...known }, rest, { sink, now });
  };
}

function readUpdate(
  vertex: { id: string; name: string; startedMs: number },
  rest: string,
  { sink, now }: { sink: ProgressSink; now: () => number },
): void {
  const log = LOG.exec(rest)?.[1];
  const seconds = DONE.exec(rest)?.[1];
  const transfer = TRANSFER.exec(rest.replace(/ done$/, ''));
  const ms = now();
  if (log !== undefined) sink.log({ id: vertex.id, stream: 'stdout', text: `${log}\n` });
  else if (seconds !== undefined) sink.vertex({ ...vertex, startedMs: ms - Number(seconds) * 1000, completedMs: ms });
  else if (rest === 'CACHED') sink.vertex({ ...vertex, completedMs: ms, cached: true });
  else if (rest === 'CANCELED') sink.vertex({ ...vertex, completedMs: ms, error: 'context canceled' });
  else if (rest.startsWith('ERROR: ')) sink.vertex({ ...vertex, completedMs: ms, error: rest.slice('ERROR: '.length) });
  else if (transfer !== null) readTransfer(vertex.id, transfer, { sink, done: rest.endsWith(' done') });
}

function readTransfer(id: string, match: RegExpExecArray, { sink, done }: { sink: ProgressSink; done: boolean }): void {
  const [, name = '', current, unit, total, totalUnit] = match;
  sink.transfer({
    id,
    name,
    currentBytes: bytes(current, unit),
    totalBytes: total === undefined ? undefined : bytes(total, totalUnit),
    done,
  });
}

const UNITS: Readonly<Record<string, number>> = { k: 1e3, M: 1e6, G: 1e9, T: 1e12 };

function bytes(value: string | undefined, unit: string | undefined): number {
  return Math.round(Number(value ?? 0) * (UNITS[unit ?? ''] ?? 1));
}
