import { randomBytes } from 'node:crypto';
import type { User } from '../store/state.ts';

const SESSION_MS = 3_600_000;

/** The sessions of users who logged in at `/c/login`. They do not survive a restart. */
export class Sessions {
  readonly #users = new Map<string, { readonly user: User; until: number }>();

  /** The id of a new session. */
  start(user: User): string {
    const id = randomBytes(16).toString('hex');
    this.#users.set(id, { user, until: Date.now() + SESSION_MS });
    return id;
  }

  userOf(cookies: string | undefined): User | undefined {
    const session = this.#users.get(cookieOf(cookies, 'sid') ?? '');
    if (session === undefined || session.until < Date.now()) return undefined;
    session.until = Date.now() + SESSION_MS;
    return session.user;
  }

  end(cookies: string | undefined): void {
    this.#users.delete(cookieOf(cookies, 'sid') ?? '');
  }

  endAll(): void {
    this.#users.clear();
  }

  get count(): number {
    return this.#users.size;
  }
}

export function cookieOf(cookies: string | undefined, name: string): string | undefined {
  return (cookies ?? '')
    .split(';')
    .map((each) => each.trim())
    .find((each) => each.startsWith(`${name}=`))
    ?.slice(name.length + 1);
}
