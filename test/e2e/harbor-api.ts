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

/** The blobs of an image that its Harbor does not hand out any more. */
export async function lostBlobs(target: Target, repository: string, digest: string): Promise<readonly string[]> {
  const get = (path: string) =>
    fetch(`${target.url}/v2/${repository}/${path}`, { headers: { Authorization: basic(target), Accept: MANIFESTS } });
  const manifest = await readJson<Manifest>(await get(`manifests/${digest}`));
  const lost: string[] = [];
  for (const blob of [manifest.config, ...manifest.layers]) {
    const answer = await get(`blobs/${blob.digest}`);
    const bytes = (await answer.arrayBuffer()).byteLength;
    if (!answer.ok || bytes !== blob.size) lost.push(`${blob.digest}: HTTP ${answer.status}, ${bytes} bytes`);
  }
  return lost;
}

const MANIFESTS = 'application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json';

interface Manifest {
  readonly config: Blob;
  readonly layers: readonly Blob[];
}

interface Blob {
  readonly digest: string;
  readonly size: number;
}
