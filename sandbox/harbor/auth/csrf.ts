import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { forbidden } from '../http/errors.ts';
import type { Harbor } from '../store/harbor.ts';
import { cookieOf } from './sessions.ts';

const CSRF_COOKIE = '_gorilla_csrf';
const CSRF_SECONDS = 43_200;

/** Sends a CSRF token, and the cookie that it belongs to unless the request has it. */
export function offerCsrfToken(harbor: Harbor, request: IncomingMessage, response: ServerResponse): void {
  const known = cookieOf(request.headers.cookie, CSRF_COOKIE);
  const cookie = known ?? randomBytes(64).toString('base64url');
  response.setHeader('X-Harbor-Csrf-Token', maskedToken(cookie));
  if (known !== undefined) return;
  const expires = new Date(harbor.now().getTime() + CSRF_SECONDS * 1000).toUTCString();
  const lasting = `Path=/; Expires=${expires}; Max-Age=${CSRF_SECONDS}; HttpOnly; SameSite=Strict`;
  response.setHeader('Set-Cookie', `${CSRF_COOKIE}=${cookie}; ${lasting}`);
}

/** Rejects a write of a browser without a CSRF token. Over TLS it needs a Referer of the same origin, too. @throws {HarborError} 403 */
export function requireCsrfToken(harbor: Harbor, { headers }: IncomingMessage): void {
  if (harbor.url.startsWith('https:')) {
    if (headers.referer === undefined) throw forbidden('referer not supplied');
    if (new URL(headers.referer).origin !== harbor.url) throw forbidden('referer invalid');
  }
  const token = headers['x-harbor-csrf-token'];
  if (typeof token !== 'string' || token === '') throw forbidden(harbor.rules.csrfMissing);
  const cookie = cookieOf(headers.cookie, CSRF_COOKIE);
  if (cookie === undefined || !unmasked(token).equals(secretOf(cookie))) throw forbidden('CSRF token invalid');
}

const secretOf = (cookie: string): Buffer => createHash('sha256').update(cookie).digest();

/** As Harbor's, each token has a mask of its own. */
function maskedToken(cookie: string): string {
  const mask = randomBytes(32);
  return Buffer.concat([mask, xor(mask, secretOf(cookie))]).toString('base64');
}

function unmasked(token: string): Buffer {
  const bytes = Buffer.from(token, 'base64');
  return xor(bytes.subarray(0, 32), bytes.subarray(32));
}

const xor = (left: Buffer, right: Buffer): Buffer => Buffer.from(left.map((byte, at) => byte ^ (right[at] ?? 0)));
