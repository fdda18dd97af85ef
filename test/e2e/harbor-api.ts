import { basic } from '../harness/harbor-server.ts';
import type { Target } from './target.ts';

/** Asks Harbor's API by itself. @param path below `/api/v2.0/` */
export type AskHarbor = (method: string, path: string, body?: object) => Promise<Response>;

/** Keeps no cookies: with one, Harbor would take the next request for a forged one. */
export function askHarbor(target: Target): AskHarbor {
  return (method, path, body) =>
    fetch(`${target.url}/api/v2.0/${path}`, {
      method,
      headers: {
        Accept: 'application/json',
        Authorization: basic(target),
        'X-Is-Resource-Name': 'true',
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
}

/** The JSON of an answer that must be one. */
export async function readJson<T>(answer: Response): Promise<T> {
  if (!answer.ok) throw new Error(`${new URL(answer.url).pathname}: HTTP ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}
