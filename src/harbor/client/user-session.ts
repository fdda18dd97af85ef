import type { HttpClient, HttpResponse } from '../../lib/http/client.ts';
import { HttpFailure } from '../../lib/http/failure.ts';
import type { Credentials } from '../../lib/secret.ts';

/** What authenticates the requests of a session instead of a password. */
export interface SessionHeaders {
  readonly read: Readonly<Record<string, string>>;
  /** With the token that Harbor wants from a client with cookies (measured on 2.9.5 and 2.15.2). */
  readonly write: Readonly<Record<string, string>>;
}

export interface UserSessionOptions {
  readonly http: HttpClient;
  readonly base: URL;
  readonly login: Credentials;
  readonly now: () => Date;
}

// Harbor ends a session that was not used for some time, and then responds with public data only. A new one costs little.
const LONGEST_IDLE_MS = 60_000;
// A session takes three requests of its own: a few are better sent with the password.
const PASSWORD_REQUESTS = 4;
const TIMEOUT_MS = 10_000;
const LOG_OUT_TIMEOUT_MS = 2_000;
const CSRF_HEADER = 'x-harbor-csrf-token';

/**
 * The session of a user at one Harbor. A check of a user's password costs Harbor 2.15.2 0.1 s (measured), and Basic has one in
 * every request. Cookies and token are in memory only. A robot has no session.
 */
export class UserSession {
  readonly #options: UserSessionOptions;
  #session: Promise<SessionHeaders | undefined> | undefined;
  #lastUse = 0;
  #requests = 0;
  #refused = false;

  constructor(options: UserSessionOptions) {
    this.#options = options;
  }

  /** Logs in when there is no session; undefined for the first requests, and when Harbor gives none. Requests at the same time share one login. */
  headers(): Promise<SessionHeaders | undefined> {
    const now = this.#options.now().getTime();
    if (now - this.#lastUse > LONGEST_IDLE_MS) this.#session = undefined;
    this.#lastUse = now;
    if (this.#refused || ++this.#requests <= PASSWORD_REQUESTS) return Promise.resolve(undefined);
    this.#session ??= this.#logIn();
    return this.#session;
  }

  /** Ends the use of a session that Harbor no longer knows. */
  async forget(headers: SessionHeaders): Promise<void> {
    const current = this.#session;
    if ((await current) === headers && this.#session === current) this.#session = undefined;
  }

  /** From now on there is none: a new one was not accepted either. */
  refuse(): void {
    this.#refused = true;
    this.#session = undefined;
  }

  /** Logs out. A session that Harbor cannot be told of ends by itself. */
  async close(): Promise<void> {
    const session = await this.#session;
    this.refuse();
    if (session !== undefined)
      await this.#send('GET', '/c/log_out', { headers: session.read, timeoutMs: LOG_OUT_TIMEOUT_MS });
  }

  async #logIn(): Promise<SessionHeaders | undefined> {
    const { base, login } = this.#options;
    // Without a token Harbor refuses the login before it looks at the password, and gives one.
    const first = await this.#send('POST', '/c/login', { timeoutMs: TIMEOUT_MS });
    const token = first?.headers[CSRF_HEADER];
    if (first?.status !== 403 || token === undefined) return this.#withoutSession(first);
    const csrf = cookieOf(first, '_gorilla_csrf');
    // Over TLS Harbor wants to know the page that a write comes from.
    const proof = { [CSRF_HEADER]: token, referer: `${base.origin}/` };
    const response = await this.#send('POST', '/c/login', {
      headers: { cookie: csrf, 'content-type': 'application/x-www-form-urlencoded', ...proof },
      body: new URLSearchParams({ principal: login.username, password: login.password.reveal() }).toString(),
      timeoutMs: TIMEOUT_MS,
    });
    const sid = response?.status === 200 ? cookieOf(response, 'sid') : '';
    if (response === undefined || sid === '') return this.#withoutSession(response);
    const read = { cookie: `${sid}; ${csrf}` };
    return { read, write: { ...read, ...proof } };
  }

  /** The next request tries again when Harbor did not decide. */
  #withoutSession(response: HttpResponse | undefined): undefined {
    if (response === undefined || response.status === 429 || response.status >= 500) this.#session = undefined;
    else this.refuse();
  }

  async #send(
    method: 'GET' | 'POST',
    path: string,
    request: Parameters<HttpClient['request']>[1],
  ): Promise<HttpResponse | undefined> {
    const { http, base } = this.#options;
    try {
      return await http.request(new URL(path, base), { method, ...request });
    } catch (error) {
      if (error instanceof HttpFailure) return undefined;
      throw error;
    }
  }
}

/** Whether Harbor does not know the session of a request any more, or its token. Such a request had no effect. */
export function isSessionOver({ status, text }: HttpResponse): boolean {
  return status === 401 || (status === 403 && /CSRF token/i.test(text()));
}

/** `name=value` of a cookie that a response sets; empty without it. */
function cookieOf({ headers }: HttpResponse, name: string): string {
  return new RegExp(`(?:^|, )(${name}=[^;,]*)`).exec(headers['set-cookie'] ?? '')?.[1] ?? '';
}
