import type { ProgressSink } from './progress.ts';

/**
 * Reads `--progress=rawjson`: BuildKit's SolveStatus documents, one a line (buildx 0.29) or printed over several lines
 * (0.13), with plain text between (warnings, the final error).
 */
export function createJsonProgressReader(sink: ProgressSink): (line: string) => void {
  let open: string[] | undefined;
  return (line) => {
    if (open !== undefined) {
      open.push(line);
      if (line !== '}') return;
      const lines = open;
      open = undefined;
      if (!readDocument(lines.join('\n'), sink)) for (const each of lines) sink.text(each);
    } else if (line === '{') open = [line];
    else if (!line.startsWith('{') || !readDocument(line, sink)) sink.text(line);
  };
}

function readDocument(text: string, sink: ProgressSink): boolean {
  const status = parse(text);
  if (status === undefined) return false;
  for (const vertex of listOf(status.vertexes))
    sink.vertex({
      id: stringOf(vertex.digest) ?? '',
      name: stringOf(vertex.name),
      startedMs: timeOf(vertex.started),
      completedMs: timeOf(vertex.completed),
      cached: vertex.cached === true,
      error: stringOf(vertex.error),
    });
  for (const item of listOf(status.statuses))
    sink.transfer({
      id: stringOf(item.vertex) ?? '',
      name: stringOf(item.id) ?? '',
      currentBytes: numberOf(item.current) ?? 0,
      totalBytes: numberOf(item.total),
      done: timeOf(item.completed) !== undefined,
    });
  for (const log of listOf(status.logs))
    sink.log({
      id: stringOf(log.vertex) ?? '',
      stream: log.stream === 2 ? 'stderr' : 'stdout',
      text: decode(stringOf(log.data)),
    });
  for (const warning of listOf(status.warnings)) {
    const message = decode(stringOf(warning.short));
    if (message !== '') sink.warning(message);
  }
  return true;
}

type Document = Readonly<Record<string, unknown>>;

function parse(text: string): Document | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isDocument(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isDocument(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function listOf(value: unknown): Document[] {
  return Array.isArray(value) ? value.filter(isDocument) : [];
}

function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function timeOf(value: unknown): number | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

// A chunk may end inside a character; what is lost then is one letter of a log line.
function decode(base64: string | undefined): string {
  return base64 === undefined ? '' : Buffer.from(base64, 'base64').toString('utf8');
}
