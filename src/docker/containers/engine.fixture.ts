import { explainEngineFailure } from '../connection/connect-failure.ts';
import type { Engine } from '../connection/engine.ts';

const ENDPOINT = { url: 'unix:///d.sock', source: 'a test', address: { kind: 'unix', path: '/d.sock' } } as const;

/** An engine that answers each path as a test wants (an Error is thrown), and keeps what it was asked. */
export function fakeEngine(answer: (path: string) => unknown): { engine: Engine; asked: string[] } {
  const asked: string[] = [];
  const respond = async (path: string) => {
    asked.push(path);
    const given = answer(path);
    if (given instanceof Error) throw given;
    return given;
  };
  const http = Object.create(null, { json: { value: respond }, list: { value: respond }, send: { value: respond } });
  const engine: Pick<Engine, 'http' | 'apiPath' | 'explain'> = {
    http,
    apiPath: '/v1.45',
    explain: (error) => explainEngineFailure(error, ENDPOINT, { env: {} }),
  };
  return { engine: Object.create(engine), asked };
}

/** An answer of that status, whose body is lines of JSON. */
export function answerOf(statusCode: number, ...lines: readonly object[]): object {
  const body = (async function* () {
    for (const line of lines) yield Buffer.from(`${JSON.stringify(line)}\n`);
  })();
  return Object.assign(body, { statusCode, resume: () => {} });
}
