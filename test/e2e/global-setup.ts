import { execFileSync } from 'node:child_process';
import type { TestProject } from 'vitest/node';
import { ROOT } from '../harness/cli.ts';
import setUpSandbox from '../harness/global-setup.ts';
import { startHarbor } from '../harness/harbor-server.ts';
import { namedTarget } from './target.ts';

/**
 * Finds the Harbor for this run: the one that the environment names, with the engine that this shell's docker speaks to; else
 * one that is started for it, beside the sandbox's engine. What may be done to it follows from who started it, not from its looks.
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
  project.provide('target', { url: sandbox.url, ...sandbox.admin, startedForThis: true, mayDisturb: true });
  return async () => {
    const left = await (await sandbox.api('GET', 'projects?page_size=0')).text();
    await sandbox[Symbol.asyncDispose]();
    if (!left.includes('objdocker-e2e-')) return;
    // vitest prints what is thrown here, and takes the run for a good one.
    process.exitCode = 1;
    throw new Error('the end-to-end tests left a project behind');
  };
}

/**
 * Has a first Ctrl-C end the run as its last test does, so that what it made is removed; vitest would leave at once. A second one
 * ends it as it is.
 */
function endInOrder({ vitest }: TestProject): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.removeAllListeners(signal);
    process.once(signal, () => void vitest.cancelCurrentRun('keyboard-input'));
  }
}
