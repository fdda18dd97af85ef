import { randomUUID } from 'node:crypto';
import type { ObjDockerError } from '../../errors.ts';
import type { HttpClient, HttpRequest, HttpResponse } from '../../lib/http/client.ts';
import { HttpFailure } from '../../lib/http/failure.ts';
import type { Limit } from '../../lib/limit.ts';
import { readRetryAfter, serverTime } from '../../lib/retry.ts';
import { basicAuthorization, type Credentials } from '../../lib/secret.ts';
import { brokenAnswer, explainAnswer, unreachable } from './failure.ts';
import type { CallOptions, HarborAnswer, HarborCall, HarborSide } from './request.ts';
import { type AnswerSide, createAnswer } from './response.ts';

/** What one attempt at a call came to: an answer; or an error, and whether trying again may help. */
export type Outcome =
  | { readonly answer: HarborAnswer; readonly trouble: undefined; readonly error?: undefined }
  | {
      readonly answer?: HarborAnswer;
      readonly trouble: Trouble | undefined;
      /** Made when it is wanted: by then it is known whose login it is. */
      readonly error: () => ObjDockerError;
    };

/** What may be over in a moment. */
export interface Trouble {
  /** `HTTP 503`, `reset`, `timeout`. */
  readonly reason: string;
  /** The server may have done what it was asked, and the answer got lost. */
  readonly mayHaveHappened: boolean;
  /** The server has said that it is asked too often, and did nothing of it: HTTP 429. */
  readonly declined?: boolean;
  readonly retryAfterMs?: number | undefined;
}

export interface AttemptOptions {
  readonly http: HttpClient;
  readonly base: URL;
  readonly login: Credentials | undefined;
  readonly now: () => Date;
  readonly limit: Limit;
  readonly side: HarborSide;
  /** Harbor has taken the login before. */
  readonly isLoginSure: () => boolean;
}

/** A refused password makes Harbor refuse the right one of the same user for a while, too (measured: 1.5 s). */
const LOCKED_MS = 1_600;

/** Makes the function that sends a call once and says what came of it. It throws CANCELLED only. */
export function createAttempt(
  options: AttemptOptions,
): (call: HarborCall, callOptions: CallOptions) => Promise<Outcome> {
  const { http, base, login, limit, side } = options;
  let answered = false;

  return async (call, { signal, timeoutMs }) => {
    const requestId = randomUUID();
    const reader = call.reader?.();
    const request: HttpRequest = {
      method: call.method ?? 'GET',
      headers: headersOf(call, login, requestId),
      body: call.body === undefined ? undefined : JSON.stringify(call.body),
      signal,
      timeoutMs,
      maxBodyBytes: call.maxBodyBytes,
      onBody: reader === undefined ? undefined : (chunk) => reader.write(chunk),
    };
    try {
      const response = await limit(() => http.request(urlOf(call, base), request), signal);
      answered = true;
      const streamed = reader === undefined || response.status !== 200 ? undefined : { json: reader.end() };
      return judge(response, call, { ...options, requestId, streamed });
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
      const lost = error.kind === 'reset' || error.kind === 'timeout';
      // Where something listened a moment ago, somebody is restarting it.
      const passing = lost || (error.kind === 'refused' && answered);
      return {
        trouble: passing ? { reason: error.kind, mayHaveHappened: lost } : undefined,
        error: () => unreachable(error, call, side),
      };
    }
  };
}

function judge(
  response: HttpResponse,
  call: HarborCall,
  { side, now, isLoginSure, ...own }: AttemptOptions & Omit<AnswerSide, keyof HarborSide>,
): Outcome {
  const answer = createAnswer(response, call, { ...side, requestId: own.requestId, streamed: own.streamed });
  const { status } = response;
  if (isAnswer(status, call)) {
    if (!answer.broken) return { answer, trouble: undefined };
    const trouble = { reason: 'the answer broke off', mayHaveHappened: true };
    return { trouble, error: () => brokenAnswer(call, answer, side) };
  }
  const error = (): ObjDockerError => explainAnswer(answer, call, side);
  if (status === 401 && isLoginSure()) {
    return { answer, trouble: { reason: 'HTTP 401', mayHaveHappened: false, retryAfterMs: LOCKED_MS }, error };
  }
  if (![429, 502, 503, 504].includes(status)) return { answer, trouble: undefined, error };
  const retryAfterMs = readRetryAfter(response.headers['retry-after'], serverTime(response.headers.date) ?? now());
  // 429 and 503 are said before anything is done.
  const mayHaveHappened = status === 502 || status === 504;
  const declined = status === 429;
  return { answer, trouble: { reason: `HTTP ${status}`, mayHaveHappened, declined, retryAfterMs }, error };
}

function urlOf({ path, query = {} }: HarborCall, base: URL): URL {
  const url = new URL(`/api/v2.0${path}`, base);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
  return url;
}

function headersOf(call: HarborCall, login: Credentials | undefined, requestId: string): Record<string, string> {
  return {
    accept: call.accept ?? 'application/json',
    'x-request-id': requestId,
    ...(call.path.startsWith('/projects/') ? { 'x-is-resource-name': 'true' } : {}),
    ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(login === undefined ? {} : { authorization: basicAuthorization(login) }),
    ...call.headers,
  };
}

function isAnswer(status: number, { alsoAccept = [] }: HarborCall): boolean {
  return (status >= 200 && status < 300) || alsoAccept.includes(status);
}
