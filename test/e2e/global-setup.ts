import { execFileSync } from 'node:child_process';
import type { TestProject } from 'vitest/node';
import { ROOT } from '../harness/cli.ts';
import setUpSandbox from '../harness/global-setup.ts';
import { startHarbor } from '../harness/harbor-server.ts';
import { namedTarget } from './target.ts';

/**
 * Uses the Harbor that the environment names, with the engine of this shell's docker. Without one, starts the sandbox's.
 *
 * Only the sandbox may be changed freely, even when the named Harbor looks like one.
 */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  endInOrder(project);
  const named = namedTarget(process.env);
  if (named !== undefined) {
    execFileSync('bash', ['-c', '. script/lib/setup.sh && build_cli'], {
      cwd: ROOT,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    project.provide('target', named);
    return undefined;
  }
  setUpSandbox();
  const sandbox = await startHarbor({ delays: { scanTime: 1_000, gcTime: 500, gcLag: 500 } });
  project.provide('target', { url: sandbox.url, ...sandbox.admin, isSandbox: true, allowsDestructive: true });
  return async () => {
    const left = await (await sandbox.api('GET', 'projects?page_size=0')).text();
    await sandbox[Symbol.asyncDispose]();
    if (!left.includes('objdocker-e2e-')) return;
    // vitest prints an error of a teardown, but does not fail the run.
    process.exitCode = 1;
    throw new Error('the end-to-end tests left a project behind');
  };
}

/**
 * Lets the first Ctrl-C end the run after the current test, so that its projects are removed. vitest would exit immediately.
 *
 * The second Ctrl-C exits immediately.
 */
function endInOrder({ vitest }: TestProject): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.removeAllListeners(signal);
    process.once(signal, () => void vitest.cancelCurrentRun('keyboard-input'));
  }
}
