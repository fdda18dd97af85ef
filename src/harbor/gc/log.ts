import type { RequestOptions } from '../../lib/http/request-options.ts';
import type { HarborApi } from '../client/harbor-api.ts';
import { explainGc, gcPath, readGcRequest } from './gc.ts';

/**
 * The log of a gc run, without addresses of Harbor's own stores and without passwords in URLs.
 *
 * @returns undefined before the run begins its work.
 * @throws {ObjDockerError} GC_NOT_FOUND, REGISTRY_FORBIDDEN
 */
export async function readGcLog(api: HarborApi, id: number, options: RequestOptions = {}): Promise<string | undefined> {
  const response = await api.request(
    {
      path: `${gcPath(id)}/log`,
      // JSON would be 422.
      accept: 'text/plain',
      alsoAccept: [404],
      maxBodyBytes: MOST_BYTES,
      doing: `read the log of gc run ${id}`,
      permission: 'garbage-collection:read',
      explain: explainGc('garbage-collection:read'),
    },
    options,
  );
  if (response.status !== 404) return maskLog(response.text());
  // 404 means that the run has not begun, or that it does not exist. This request throws for the latter.
  await api.request(readGcRequest(id), options);
  return undefined;
}

const MOST_BYTES = 256 * 1024 * 1024;

function maskLog(text: string): string {
  return text
    .replace(/\b(redis|rediss|redis\+sentinel|postgres(?:ql)?):\/\/[^\s"'\]},]+(?:,[^\s"'\]},]+)*/g, '$1://***')
    .replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/"']+@/gi, '$1***@');
}
