/** The Harbor under test. */
export interface Target {
  /** Scheme and host: `https://registry.example.com`. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
  /** Whether it is the sandbox's Harbor, started for this run. */
  readonly isSandbox: boolean;
  /** Whether tests may change more than their own project, such as settings that affect all users. */
  readonly allowsDestructive: boolean;
}

declare module 'vitest' {
  interface ProvidedContext {
    readonly target: Target;
  }
}

/**
 * Reads the target from OBJDOCKER_E2E_HARBOR, OBJDOCKER_E2E_USERNAME and OBJDOCKER_E2E_PASSWORD.
 *
 * @returns undefined when OBJDOCKER_E2E_HARBOR is not set
 */
export function namedTarget(env: NodeJS.ProcessEnv): Target | undefined {
  const { OBJDOCKER_E2E_HARBOR: named = '', OBJDOCKER_E2E_USERNAME: username, OBJDOCKER_E2E_PASSWORD: password } = env;
  if (named === '') return undefined;
  const url = URL.canParse(named) ? new URL(named) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.username !== '') {
    throw new Error('OBJDOCKER_E2E_HARBOR must be a scheme and a host, such as https://registry.example.com');
  }
  if (!username || !password) {
    throw new Error('OBJDOCKER_E2E_HARBOR also requires OBJDOCKER_E2E_USERNAME and OBJDOCKER_E2E_PASSWORD');
  }
  const mayDisturb = env.OBJDOCKER_E2E_DESTRUCTIVE === '1';
  return { url: url.origin, username, password, isSandbox: false, allowsDestructive: mayDisturb };
}
