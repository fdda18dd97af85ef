/** The Harbor that the end-to-end tests are run against. */
export interface Target {
  /** Scheme and host: `https://registry.example.com`. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
  /** Whether it was started for this run: then it is the sandbox's. */
  readonly startedForThis: boolean;
  /** Whether more may be changed than a project of the tests' own: what everybody at that Harbor would notice. */
  readonly mayDisturb: boolean;
}

declare module 'vitest' {
  interface ProvidedContext {
    readonly target: Target;
  }
}

/**
 * The Harbor that the environment names: OBJDOCKER_E2E_HARBOR, OBJDOCKER_E2E_USERNAME, OBJDOCKER_E2E_PASSWORD.
 *
 * @returns undefined when it names none
 */
export function namedTarget(env: NodeJS.ProcessEnv): Target | undefined {
  const { OBJDOCKER_E2E_HARBOR: named = '', OBJDOCKER_E2E_USERNAME: username, OBJDOCKER_E2E_PASSWORD: password } = env;
  if (named === '') return undefined;
  const url = URL.canParse(named) ? new URL(named) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.username !== '') {
    throw new Error('OBJDOCKER_E2E_HARBOR is a scheme and a host, such as https://registry.example.com');
  }
  if (!username || !password) {
    throw new Error('OBJDOCKER_E2E_USERNAME and OBJDOCKER_E2E_PASSWORD are needed beside OBJDOCKER_E2E_HARBOR');
  }
  const mayDisturb = env.OBJDOCKER_E2E_DESTRUCTIVE === '1';
  return { url: url.origin, username, password, startedForThis: false, mayDisturb };
}
