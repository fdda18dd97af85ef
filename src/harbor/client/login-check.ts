import { isObjDockerError } from '../../errors.ts';
import type { HarborRequest, HarborResponse } from './request.ts';

/** Whose login it is: a robot has no user of its own. */
export type LoginKind = 'user' | 'robot';

export interface LoginCheck {
  /** What was found out, or undefined as long as nothing was. */
  known(): LoginKind | undefined;
  /**
   * Asks Harbor whether it knows the login. What else goes wrong is ignored: the next call asks again.
   *
   * @throws {ObjDockerError} REGISTRY_UNAUTHORIZED when Harbor refuses it.
   */
  run(perform: (request: HarborRequest) => Promise<HarborResponse>): Promise<void>;
}

/**
 * Makes sure of a login. To a wrong password Harbor answers many calls as to nobody, with 200 and what is public; only
 * `/users/current` tells. Robots have no user and get 412 there, once their secret was found right (FACTS, measured).
 */
export function createLoginCheck(): LoginCheck {
  let kind: LoginKind | undefined;
  let running: Promise<void> | undefined;

  const check = async (perform: (request: HarborRequest) => Promise<HarborResponse>): Promise<void> => {
    try {
      const { status } = await perform({ path: '/users/current', doing: 'log in', alsoAccept: [412] });
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
