import type { z } from 'zod';
import type { HttpClient } from '../../lib/http/client.ts';
import { createLimit } from '../../lib/limit.ts';
import { pause } from '../../lib/poll.ts';
import {
  DEFAULT_RETRY_POLICY,
  declinedDelay,
  fits,
  type RepetitionTimes,
  type RetryPolicy,
  retryDelay,
} from '../../lib/retry.ts';
import type { Credentials } from '../../lib/secret.ts';
import { createAttempt, type Trouble } from './attempt.ts';
import { createLoginCheck } from './login-check.ts';
import type { CallOptions, HarborAnswer, HarborCall } from './request.ts';

/** A call that is about to be sent again. */
export interface HarborRetry {
  /** What is being tried: `list the repositories of axion`. */
  readonly doing: string;
  /** 1 for the first repetition. */
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
  /** Told before each wait, so that a user can be. */
  readonly onRetry?: ((retry: HarborRetry) => void) | undefined;
}

/** The one way to Harbor's API. Nothing is sent before the first call; no more than 8 requests are in flight at once. */
export interface HarborApi {
  /** `host[:port]`, for messages. */
  readonly host: string;
  readonly now: () => Date;
  /**
   * Sends a call, again where that is safe, and makes sure once that Harbor knows the login.
   *
   * @throws {ObjDockerError} when there is no answer, or a status that is none; see `explain-status.ts` for the codes.
   */
  request(call: HarborCall, options?: CallOptions): Promise<HarborAnswer>;
  /** Sends a call and checks the shape of what comes back. */
  read<T>(schema: z.ZodType<T>, call: HarborCall, options?: CallOptions): Promise<T>;
}

const MOST_IN_FLIGHT = 8;

/** Makes a {@link HarborApi}. */
export function createHarborApi(options: HarborApiOptions): HarborApi {
  const { http, login, now = () => new Date(), random = Math.random, onRetry } = options;
  const base = new URL(options.url);
  const policy = { ...DEFAULT_RETRY_POLICY, ...options.retry };
  const loginCheck = createLoginCheck();
  const side = { host: base.host, username: login?.username, isRobot: () => loginCheck.known() === 'robot' };
  const isLoginSure = (): boolean => loginCheck.known() !== undefined;
  const attempt = createAttempt({ http, base, login, now, limit: createLimit(MOST_IN_FLIGHT), side, isLoginSure });

  const delayOf = (
    { declined, retryAfterMs }: Trouble,
    { repetition, repeatable, ...times }: RepetitionTimes & { repetition: number; repeatable: boolean },
  ): number | undefined => {
    if (!repeatable) {
      return declined ? declinedDelay(repetition, random(), policy, { ...times, retryAfterMs }) : undefined;
    }
    if (repetition > policy.retries) return undefined;
    const delayMs = retryDelay(repetition, random(), policy, retryAfterMs);
    return fits(delayMs, policy, times) ? delayMs : undefined;
  };

  /** Sends until there is an answer, which is handed out, or the error thrown, when it is asked for. */
  const perform = async (call: HarborCall, callOptions: CallOptions): Promise<() => HarborAnswer> => {
    const repeatable = call.repeatable ?? !['POST', 'PATCH'].includes(call.method ?? 'GET');
    const started = performance.now();
    let mayHaveHappened = false;
    for (let repetition = 1; ; repetition++) {
      const outcome = await attempt(call, callOptions);
      const { answer, trouble, error } = outcome;
      if (error === undefined) return () => answer;
      // What a lost answer said is known now: it was deleted.
      if (mayHaveHappened && call.method === 'DELETE' && answer?.status === 404) return () => answer;
      const fail = (): never => {
        throw error();
      };
      if (trouble === undefined) return fail;
      const delayMs = delayOf(trouble, { repetition, repeatable, started, giveUpAt: callOptions.giveUpAt });
      if (delayMs === undefined) return fail;
      mayHaveHappened ||= trouble.mayHaveHappened;
      onRetry?.({ doing: call.doing, repetition, delayMs: Math.round(delayMs), reason: trouble.reason });
      await pause(delayMs, callOptions.signal);
    }
  };

  const api: HarborApi = {
    host: base.host,
    now,
    async request(call, callOptions = {}) {
      if (login === undefined || isLoginSure()) return (await perform(call, callOptions))();
      const [answer, check] = await Promise.allSettled([
        perform(call, callOptions),
        loginCheck.run(async (question) => (await perform(question, callOptions))()),
      ]);
      // What a wrong password is answered with is what anybody may see: it must not pass for the whole.
      if (check.status === 'rejected') throw check.reason;
      if (answer.status === 'rejected') throw answer.reason;
      return answer.value();
    },
    async read(schema, call, callOptions) {
      return (await api.request(call, callOptions)).read(schema);
    },
  };
  return api;
}
