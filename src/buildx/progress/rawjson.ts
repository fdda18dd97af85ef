import { asRecord, asText, parseObject } from '../../lib/json.ts';
import type { ProgressSink } from './progress.ts';

/**
 * Reads `--progress=rawjson`: BuildKit's SolveStatus objects, one per line (buildx 0.29) or over several lines (0.13), mixed
 * with plain text (warnings, the final error).
 */
export function createJsonProgressReader(sink: ProgressSink): (line: string) => void {
  let open: string[] | undefined;
  return (line) => {
    if (open !== undefined) {
      open.push(line);
      if (line !== '}') return;
      const lines = open;
      open = undefined;
      if (!readStatus(lines.join('\n'), sink)) for (const each of lines) sink.text(each);
    } else if (line === '{') open = [line];
    else if (!line.startsWith('{') || !readStatus(line, sink)) sink.text(line);
  };
}

function readStatus(text: string, sink: ProgressSink): boolean {
  const status = parseObject(text);
  if (status === undefined) return false;
  for (const vertex of listOf(status.vertexes))
    sink.vertex({
      id: asText(vertex.digest) ?? '',
      name: asText(vertex.name),
      startedMs: timeOf(vertex.started),
      completedMs: timeOf(vertex.completed),
      cached: vertex.cached === true,
      error: asText(vertex.error),
    });
  for (const item of listOf(status.statuses))
    sink.transfer({
      id: asText(item.vertex) ?? '',
      name: asText(item.id) ?? '',
      currentBytes: numberOf(item.current) ?? 0,
      totalBytes: numberOf(item.total),
      done: timeOf(item.completed) !== undefined,
    });
  for (const log of listOf(status.logs))
    sink.log({
      id: asText(log.vertex) ?? '',
      stream: log.stream === 2 ? 'stderr' : 'stdout',
      text: decode(asText(log.data)),
      atMs: timeOf(log.timestamp),
    });
  for (const warning of listOf(status.warnings)) {
    const message = decode(asText(warning.short));
    if (message !== '') sink.warning(message);
  }
  return true;
}

function listOf(value: unknown): Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.map(asRecord).filter((item) => item !== undefined) : [];
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function timeOf(value: unknown): number | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

// A chunk may end inside a character. Then one letter of a log line is lost.
function decode(base64: string | undefined): string {
  return base64 === undefined ? '' : Buffer.from(base64, 'base64').toString('utf8');
}
