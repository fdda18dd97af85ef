import { isObjDockerError } from '../../errors.ts';
import type { HarborRequest, HarborResponse } from './request.ts';

/** The kind of account. */
export type LoginKind = 'user' | 'robot';

export interface LoginCheck {
  /** Undefined before Harbor has accepted the login. */
  known(): LoginKind | undefined;
  /**
   * Checks the login. Other failures are ignored: the next request checks again.
   *
   * @throws {ObjDockerError} REGISTRY_UNAUTHORIZED when Harbor refuses it.
   */
  run(perform: (request: HarborRequest) => Promise<HarborResponse>): Promise<void>;
}

/**
 * Checks a login. With a wrong password Harbor responds to many requests with 200 and public data, as without a login.
 * Only `/users/current` rejects it. A robot has no user and gets 412 there when its secret is correct (measured).
 */
export function createLoginCheck(): LoginCheck {
  let kind: LoginKind | undefined;
  let running: Promise<void> | undefined;

  const check = async (perform: (request: HarborRequest) => Promise<HarborResponse>): Promise<void> => {
    try {
      const { status } = await perform({
        path: '/users/current',
        doing: 'log in',
        permission: undefined,
        alsoAccept: [412],
      });
      kind = status === 412 ? 'robot' : 'user';
    } catch (error) {
      if (isObjDockerError(error) && error.code === 'REGISTRY_UNAUTHORIZED') throw error;
    } finally {
      running = undefined;
    }
  };

  return {
    known: () => kind,
    run(perform) {
      running ??= check(perform);
      return running;
    },
  };
}
