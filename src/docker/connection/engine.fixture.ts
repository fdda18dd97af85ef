import type { Engine } from './engine.ts';
import { explainEngineFailure } from './failure.ts';

const ENDPOINT = { url: 'unix:///d.sock', source: 'a test', address: { kind: 'unix', path: '/d.sock' } } as const;

/** An engine that responds to each path as the test says (an Error is thrown), and records the requested paths. */
export function fakeEngine(respondTo: (path: string) => unknown): { engine: Engine; requested: string[] } {
  const requested: string[] = [];
  const respond = async (path: string) => {
    requested.push(path);
    const response = respondTo(path);
    if (response instanceof Error) throw response;
    return response;
  };
  const http = Object.create(null, { json: { value: respond }, list: { value: respond }, send: { value: respond } });
  const engine: Pick<Engine, 'http' | 'apiPath' | 'explain'> = {
    http,
    apiPath: '/v1.45',
    explain: (error) => explainEngineFailure(error, ENDPOINT, { env: {} }),
  };
  return { engine: Object.create(engine), requested };
}

/** A response with that status and lines of JSON as its body. */
export function responseOf(statusCode: number, ...lines: readonly object[]): object {
  const body = (async function* () {
    for (const line of lines) yield Buffer.from(`${JSON.stringify(line)}\n`);
  })();
  return Object.assign(body, { statusCode, resume: () => {} });
}
