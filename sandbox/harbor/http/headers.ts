import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { offerCsrfToken } from '../auth/csrf.ts';
import { cookieOf } from '../auth/sessions.ts';
import type { Harbor } from '../store/harbor.ts';
import { isReadOnly } from '../store/harbor.ts';
import { broken, errorBody, HarborError } from './errors.ts';

/** The headers that Harbor adds to responses with status 200 and 201 only. */
export function frameHeaders(status: number): Record<string, string> {
  return status === 200 || status === 201
    ? { 'X-Frame-Options': 'DENY', 'Content-Security-Policy': "frame-ancestors 'none'" }
    : {};
}

/** Sets the headers of every response: the request id, and a session when the request has no cookie. */
export function setCommonHeaders(harbor: Harbor, request: IncomingMessage, response: ServerResponse): void {
  const id = request.headers['x-request-id'];
  response.setHeader('Server', 'nginx');
  response.setHeader('Date', harbor.now().toUTCString());
  response.setHeader('X-Request-Id', typeof id === 'string' && id !== '' ? id : randomUUID());
  if (request.headers.cookie === undefined && !isLogin(request)) {
    response.setHeader('Set-Cookie', `sid=${randomBytes(16).toString('hex')}; Path=/; HttpOnly`);
    return;
  }
  if (!isUnsafe(request)) response.setHeader('Vary', 'Cookie');
  offerCsrfToken(harbor, request, response);
}

/** Whether read-only mode forbids a request. The setting itself stays writable, and users can log in. */
export const isLockedOut = (harbor: Harbor, request: IncomingMessage): boolean =>
  isUnsafe(request) && isReadOnly(harbor) && !isLogin(request) && !/\/configurations$/.test(request.url ?? '');

/** Harbor treats a client that returns the session cookie as a browser, whose writes need a CSRF token. */
export const needsCsrfToken = (request: IncomingMessage): boolean =>
  isUnsafe(request) && (isLogin(request) || cookieOf(request.headers.cookie, 'sid') !== undefined);

const isLogin = ({ url }: IncomingMessage): boolean => url?.split('?')[0] === '/c/login';

const isUnsafe = ({ method = '' }: IncomingMessage) => ['POST', 'PUT', 'PATCH', 'DELETE'].includes(method);

/** Sends an error. Anything but a HarborError becomes a 500. */
export function sendError(response: ServerResponse, error: unknown): void {
  const known = error instanceof HarborError ? error : broken();
  const body = errorBody(known);
  response
    .writeHead(known.status, {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': String(Buffer.byteLength(body)),
      ...known.headers,
    })
    .end(body);
}

const BAD_GATEWAY = [
  '<html>',
  '<head><title>502 Bad Gateway</title></head>',
  '<body>',
  '<center><h1>502 Bad Gateway</h1></center>',
  '<hr><center>nginx</center>',
  '</body>',
  '</html>',
  '',
].join('\r\n');

/** The response of nginx when core is down. */
export function sendBadGateway(response: ServerResponse): void {
  const headers = { Server: 'nginx', 'Content-Type': 'text/html', 'Content-Length': String(BAD_GATEWAY.length) };
  response.writeHead(502, headers).end(BAD_GATEWAY);
}
