import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Builds dist when it is old and brings the sandbox up when it is not, then points this process at the
 * sandbox's engine and registry; the test workers inherit that.
 */
export default function setup(): void {
  process.chdir(ROOT);
  execFileSync('bash', ['-c', '. script/lib/setup.sh && build_cli'], { stdio: ['ignore', 'inherit', 'inherit'] });
  execFileSync('script/sandbox', ['up', '--yes'], { stdio: ['ignore', 'ignore', 'inherit'] });
  execFileSync('script/sandbox', ['base-images'], { stdio: ['ignore', 'ignore', 'inherit'] });
  execFileSync('script/sandbox', ['busybox-base'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const printed = execFileSync('bash', ['-c', 'eval "$(script/sandbox env)" && env -0'], { encoding: 'utf8' });
  const sandbox = new Map(
    printed
      .split('\0')
      .filter((entry) => entry.includes('='))
      .map((entry): [string, string] => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  );
  for (const name of Object.keys(process.env)) if (!sandbox.has(name)) delete process.env[name];
  for (const [name, value] of sandbox) process.env[name] = value;
  // Colours and prompts depend on these; a test that wants them sets them itself.
  for (const name of ['CI', 'NO_COLOR', 'FORCE_COLOR', 'OBJDOCKER_PACKAGE']) delete process.env[name];
}
