import { createHash } from 'node:crypto';
import { ObjDockerError } from '../errors.ts';
import type { HttpResponse } from '../lib/http/client.ts';
import { HttpFailure } from '../lib/http/failure.ts';
import { pause } from '../lib/poll.ts';

/** Long enough for a proxy to notice that its backend is available again. */
const PAUSE_MS = 250;

/**
 * Sends a manifest, and once more when the response was lost: pushing the same bytes twice is harmless.
 *
 * @throws {HttpFailure} when the second response is lost, too, or the registry is unreachable.
 */
export async function sendTwice(
  send: () => Promise<HttpResponse>,
  signal: AbortSignal | undefined,
): Promise<HttpResponse> {
  try {
    const response = await send();
    if (![502, 503, 504].includes(response.status)) return response;
  } catch (error) {
    if (!(error instanceof HttpFailure) || (error.kind !== 'reset' && error.kind !== 'timeout')) throw error;
  }
  await pause(PAUSE_MS, signal);
  return send();
}

/**
 * The digest under which a registry stored a manifest.
 *
 * @throws {ObjDockerError} REGISTRY_ERROR when it is not that of the bytes that were sent.
 */
export function checkStoredDigest(response: HttpResponse, bytes: Uint8Array, what: string): string {
  const sent = digestOf(bytes);
  const taken = response.headers['docker-content-digest'] ?? sent;
  if (taken === sent) return sent;
  throw new ObjDockerError(
    'REGISTRY_ERROR',
    `${what} was stored with another digest: ${sent} was sent, ${taken} was stored`,
    {
      hint: 'The registry or a proxy on the way is broken: check its log, and what the tag points to now.',
      details: { digest: taken },
    },
  );
}

/** The digest of a manifest. */
export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
