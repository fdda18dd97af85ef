import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The responses recorded from Harbor, one exchange a file: test/fixtures/harbor/README.md. */
const FOLDER = fileURLToPath(new URL('../fixtures/harbor/', import.meta.url));

/** The Harbor that a recording is of. */
export type RecordedVersion = '2.9' | '2.15';

export interface Message {
  /** By their lower-case names. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** A request to a real Harbor and its response. */
export interface Recording {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  /** `admin:Harbor12345`, or undefined for an anonymous request. */
  readonly login: string | undefined;
  readonly request: Message;
  readonly status: number;
  readonly response: Message;
}

/** The names of all recordings of a version, in the order of the recording. */
export const recordingNames = (version: RecordedVersion = '2.9'): readonly string[] =>
  readdirSync(`${FOLDER}${version}`)
    .map((name) => name.slice(0, -'.http'.length))
    .toSorted();

/** Reads a recording. */
export function readRecording(name: string, version: RecordedVersion = '2.9'): Recording {
  const text = readFileSync(`${FOLDER}${version}/${name}.http`, 'utf8');
  const start = text.indexOf('\n< HTTP/');
  const sent = text
    .slice(0, start)
    .split('\n')
    .filter((line) => line.startsWith('>'))
    .map((line) => line.slice(2));
  const [method = '', path = ''] = sent[0]?.split(' ') ?? [];
  const end = sent.indexOf('') < 0 ? sent.length : sent.indexOf('');
  const headers = readHeaders(sent.slice(1, end));
  const [head = '', ...body] = text.slice(start + 1).split('\n\n');
  const lines = head.split('\n').map((line) => line.slice(2));
  return {
    name,
    method,
    path,
    login: /^Basic base64\((.*)\)$/.exec(headers.get('authorization') ?? '')?.[1],
    request: { headers, body: sent.slice(end + 1).join('\n') },
    status: Number(lines[0]?.split(' ')[1]),
    response: { headers: readHeaders(lines.slice(1)), body: body.join('\n\n').trim() },
  };
}

const readHeaders = (lines: readonly string[]): ReadonlyMap<string, string> =>
  new Map(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
