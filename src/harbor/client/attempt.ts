import { randomUUID } from 'node:crypto';
import type { ObjDockerError } from '../../errors.ts';
import type { HttpClient, HttpRequest, HttpResponse } from '../../lib/http/client.ts';
import { HttpFailure } from '../../lib/http/failure.ts';
import type { RequestOptions } from '../../lib/http/request-options.ts';
import type { Limit } from '../../lib/limit.ts';
import { readRetryAfter, serverTime } from '../../lib/retry.ts';
import { basicAuthorization, type Credentials } from '../../lib/secret.ts';
import { responseError, truncatedError, unreachableError } from './failure.ts';
import type { HarborRequest, HarborResponse, RequestContext } from './request.ts';
import { createResponse, type ResponseContext } from './response.ts';
import { isSessionOver, type UserSession } from './user-session.ts';

/** The outcome of one attempt: a response, or an error and whether a retry may help. */
export type Outcome =
  | { readonly response: HarborResponse; readonly transient: undefined; readonly error?: undefined }
  | {
      readonly response?: HarborResponse;
      readonly transient: TransientFailure | undefined;
      /** A function, because the hint depends on whether the login is a robot. The login check finds that out in parallel. */
      readonly error: () => ObjDockerError;
    };

/** A failure that a retry may solve. */
export interface TransientFailure {
  /** `HTTP 503`, `reset`, `timeout`. */
  readonly reason: string;
  /** The response was lost, and the server may have processed the request. */
  readonly inDoubt: boolean;
  /** HTTP 429: the server did not process the request. */
  readonly rateLimited?: boolean;
  readonly retryAfterMs?: number | undefined;
}

export interface AttemptOptions {
  readonly http: HttpClient;
  readonly base: URL;
  readonly login: Credentials | undefined;
  readonly now: () => Date;
  readonly limit: Limit;
  readonly context: RequestContext;
  /** Whether Harbor has already accepted the login. */
  readonly isLoginSure: () => boolean;
  /** The session to use instead of the password; undefined for a robot. */
  readonly session: () => UserSession | undefined;
}

/** After a wrong password Harbor rejects the correct one of the same user for a while (measured: 1.5 s). */
const LOCKED_MS = 1_600;

/** Makes the function that sends a request once. It throws only CANCELLED. */
export function createAttempt(
  options: AttemptOptions,
): (request: HarborRequest, callOptions: RequestOptions) => Promise<Outcome> {
  const { http, base, limit, context } = options;
  let hasResponded = false;

  const send = async (
    request: HarborRequest,
    { signal, timeoutMs }: RequestOptions,
    headers: Record<string, string>,
  ): Promise<Sent> => {
    const reader = request.reader?.();
    const httpRequest: HttpRequest = {
      method: request.method ?? 'GET',
      headers,
      body: request.body === undefined ? undefined : JSON.stringify(request.body),
      signal,
      timeoutMs,
      maxBodyBytes: request.maxBodyBytes,
      onBody: reader === undefined ? undefined : (chunk) => reader.write(chunk),
    };
    const httpResponse = await limit(() => http.request(urlOf(request, base), httpRequest), signal);
    hasResponded = true;
    return {
      httpResponse,
      streamed: reader === undefined || httpResponse.status !== 200 ? undefined : { json: reader.end() },
    };
  };

  return async (request, callOptions) => {
    const requestId = randomUUID();
    try {
      const { httpResponse, streamed } = await authenticated(options, isWrite(request), (authentication) =>
        send(request, callOptions, { ...headersOf(request, requestId), ...authentication }),
      );
      return classify(httpResponse, request, { ...options, requestId, streamed });
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
      const lost = error.kind === 'reset' || error.kind === 'timeout';
      // A server that responded before and refuses now is probably restarting.
      const isTransient = lost || (error.kind === 'refused' && hasResponded);
      return {
        transient: isTransient ? { reason: error.kind, inDoubt: lost } : undefined,
        error: () => unreachableError(error, request, context),
      };
    }
  };
}

interface Sent {
  readonly httpResponse: HttpResponse;
  readonly streamed: ResponseContext['streamed'];
}

/** Sends a request with the session of a user, with a new one when Harbor has ended it, or with the password. */
async function authenticated(
  { login, session }: AttemptOptions,
  writes: boolean,
  send: (authentication: Record<string, string>) => Promise<Sent>,
): Promise<Sent> {
  const user = session();
  for (const isLast of user === undefined ? [] : [false, true]) {
    const headers = await user?.headers();
    if (user === undefined || headers === undefined) break;
    const sent = await send(writes ? headers.write : headers.read);
    if (!isSessionOver(sent.httpResponse)) return sent;
    if (isLast) user.refuse();
    else await user.forget(headers);
  }
  return await send(login === undefined ? {} : { authorization: basicAuthorization(login) });
}

function isWrite({ method = 'GET' }: HarborRequest): boolean {
  return method !== 'GET' && method !== 'HEAD';
}

function classify(
  httpResponse: HttpResponse,
  request: HarborRequest,
  { context, now, isLoginSure, ...own }: AttemptOptions & Omit<ResponseContext, keyof RequestContext>,
): Outcome {
  const response = createResponse(httpResponse, request, {
    ...context,
    requestId: own.requestId,
    streamed: own.streamed,
  });
  const { status } = httpResponse;
  if (isAccepted(status, request)) {
    if (!response.broken) return { response, transient: undefined };
    const transient = { reason: 'the response was truncated', inDoubt: true };
    return { transient, error: () => truncatedError(request, response, context) };
  }
  const error = (): ObjDockerError => responseError(response, request, context);
  if (status === 401 && isLoginSure()) {
    return { response, transient: { reason: 'HTTP 401', inDoubt: false, retryAfterMs: LOCKED_MS }, error };
  }
  if (![429, 502, 503, 504].includes(status)) return { response, transient: undefined, error };
  const retryAfterMs = readRetryAfter(
    httpResponse.headers['retry-after'],
    serverTime(httpResponse.headers.date) ?? now(),
  );
  // A server sends 429 and 503 before it does anything.
  const inDoubt = status === 502 || status === 504;
  const rateLimited = status === 429;
  return { response, transient: { reason: `HTTP ${status}`, inDoubt, rateLimited, retryAfterMs }, error };
}

function urlOf({ path, query = {} }: HarborRequest, base: URL): URL {
  const url = new URL(`/api/v2.0${path}`, base);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
  return url;
}

function headersOf(request: HarborRequest, requestId: string): Record<string, string> {
  return {
    accept: request.accept ?? 'application/json',
    'x-request-id': requestId,
    ...(request.path.startsWith('/projects/') ? { 'x-is-resource-name': 'true' } : {}),
    ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
    ...request.headers,
  };
}

function isAccepted(status: number, { alsoAccept = [] }: HarborRequest): boolean {
  return (status >= 200 && status < 300) || alsoAccept.includes(status);
}
