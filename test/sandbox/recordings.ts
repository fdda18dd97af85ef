import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../harness/cli.ts';

/** Where the answers of a real Harbor lie: beside the repository, not in it. */
const FOLDER = join(ROOT, '../shared/harbor/captures');

export const haveRecordings = existsSync(FOLDER);

export interface Message {
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** A request to a real Harbor and what it answered. */
export interface Recording {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  /** `admin:Harbor12345`, or undefined when nobody logged in. */
  readonly login: string | undefined;
  readonly request: Message;
  readonly status: number;
  readonly response: Message;
}

export const recordingNames = (): readonly string[] =>
  readdirSync(FOLDER)
    .filter((name) => name.endsWith('.http'))
    .map((name) => name.slice(0, -'.http'.length))
    .toSorted();

/** Reads a file of `> ` and `< ` lines. */
export function readRecording(name: string): Recording {
  const text = readFileSync(join(FOLDER, `${name}.http`), 'utf8');
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
  const answer = head.split('\n').map((line) => line.slice(2));
  return {
    name,
    method,
    path,
    login: /^Basic base64\((.*)\)$/.exec(headers.get('authorization') ?? '')?.[1],
    request: { headers, body: sent.slice(end + 1).join('\n') },
    status: Number(answer[0]?.split(' ')[1]),
    response: { headers: readHeaders(answer.slice(1)), body: body.join('\n\n').trim() },
  };
}

const readHeaders = (lines: readonly string[]): ReadonlyMap<string, string> =>
  new Map(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
