import type { z } from 'zod';
import type { HttpClient } from '../../lib/http/client.ts';
import type { RequestOptions } from '../../lib/http/request-options.ts';
import { createLimit } from '../../lib/limit.ts';
import { DEFAULT_RETRY_POLICY, type RetryPolicy, retry } from '../../lib/retry.ts';
import type { Credentials } from '../../lib/secret.ts';
import { createAttempt } from './attempt.ts';
import { createLoginCheck } from './login-check.ts';
import type { HarborRequest, HarborResponse } from './request.ts';
import { UserSession } from './user-session.ts';

/** A request that is about to be retried. */
export interface HarborRetry {
  /** What the request does, as it follows "cannot": `list the repositories of axion`. */
  readonly doing: string;
  /** 1 for the first retry. */
  readonly repetition: number;
  readonly delayMs: number;
  /** `HTTP 503`, `reset`, `timeout`. */
  readonly reason: string;
}

export interface HarborApiOptions {
  /** Scheme and host: `https://registry.example.com`. */
  readonly url: string;
  readonly login?: Credentials | undefined;
  readonly http: HttpClient;
  readonly now?: (() => Date) | undefined;
  readonly random?: (() => number) | undefined;
  readonly retry?: Partial<RetryPolicy> | undefined;
  /** Called before each wait. */
  readonly onRetry?: ((retry: HarborRetry) => void) | undefined;
}

/** Harbor's API. At most 8 requests are in flight at once. */
export interface HarborApi {
  /** `host[:port]`, for messages. */
  readonly host: string;
  readonly now: () => Date;
  /**
   * Sends a request, retries it where that is safe, and checks the login once.
   *
   * @throws {ObjDockerError} without a response, or for a status that the request does not accept; `explain-status.ts` has the
   * codes.
   */
  request(request: HarborRequest, options?: RequestOptions): Promise<HarborResponse>;
  /** Sends a request and checks the shape of the response. */
  read<T>(schema: z.ZodType<T>, request: HarborRequest, options?: RequestOptions): Promise<T>;
  /** Ends the session of a user. Call it when all requests have ended. */
  close(): Promise<void>;
}

const MOST_IN_FLIGHT = 8;

/** Makes a {@link HarborApi}. */
export function createHarborApi(options: HarborApiOptions): HarborApi {
  const { http, login, now = () => new Date(), random = Math.random, onRetry } = options;
  const base = new URL(options.url);
  const policy = { ...DEFAULT_RETRY_POLICY, ...options.retry };
  const loginCheck = createLoginCheck();
  const context = { host: base.host, username: login?.username, isRobot: () => loginCheck.known() === 'robot' };
  const isLoginSure = (): boolean => loginCheck.known() !== undefined;
  const userSession = login === undefined ? undefined : new UserSession({ http, base, login, now });
  const attempt = createAttempt({
    http,
    base,
    login,
    now,
    limit: createLimit(MOST_IN_FLIGHT),
    context,
    isLoginSure,
    session: () => (loginCheck.known() === 'user' ? userSession : undefined),
  });

  /** Sends a request until it has a final outcome. The function that it returns gives the response or throws the error. */
  const perform = async (request: HarborRequest, callOptions: RequestOptions): Promise<() => HarborResponse> => {
    const repeatable = request.repeatable ?? !['POST', 'PATCH'].includes(request.method ?? 'GET');
    let inDoubt = false;
    const { response, error } = await retry(() => attempt(request, callOptions), {
      policy,
      random,
      deadline: callOptions.deadline,
      signal: callOptions.signal,
      retryOn: ({ transient }) =>
        transient !== undefined && (repeatable || transient.rateLimited === true)
          ? { retryAfterMs: transient.retryAfterMs, capRetryAfter: repeatable }
          : undefined,
      onRetry: ({ transient }, { repetition, delayMs }) => {
        inDoubt ||= transient?.inDoubt === true;
        onRetry?.({ doing: request.doing, repetition, delayMs: Math.round(delayMs), reason: transient?.reason ?? '' });
      },
    });
    if (error === undefined) return () => response;
    // A 404 on a retried DELETE means that an earlier attempt succeeded.
    if (inDoubt && request.method === 'DELETE' && response?.status === 404) return () => response;
    return () => {
      throw error();
    };
  };

  const api: HarborApi = {
    host: base.host,
    now,
    async request(request, callOptions = {}) {
      if (login === undefined || isLoginSure()) return (await perform(request, callOptions))();
      const [response, check] = await Promise.allSettled([
        perform(request, callOptions),
        loginCheck.run(async (probe) => (await perform(probe, callOptions))()),
      ]);
      // With a wrong password Harbor responds with public data only. The caller must not take that for the complete data.
      if (check.status === 'rejected') throw check.reason;
      if (response.status === 'rejected') throw response.reason;
      return response.value();
    },
    async read(schema, request, callOptions) {
      return (await api.request(request, callOptions)).read(schema);
    },
    async close() {
      await userSession?.close();
    },
  };
  return api;
}
