#!/usr/bin/env node
import { readFileSync } from 'node:fs';

const args = process.argv.slice(2);

// Scripts run `--version` often: print it before anything else is loaded.
if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  // Without a listener, a reader that has left would be an uncaught error.
  process.stdout.on('error', () => {});
  process.stdout.write(`${version()}\n`);
} else if (args[0] === 'complete' && args[1] === '--') {
  // What completion scripts call: it prints candidates, exits with 0 and says nothing about errors.
  Promise.all([import('./completion/complete.ts'), import('./commands.ts'), import('../lib/environment.ts')])
    .then(([{ complete }, { COMMANDS }, { systemEnvironment }]) =>
      complete(args.slice(2), { commands: COMMANDS, environment: systemEnvironment() }),
    )
    .catch(() => ':4\n')
    .then((text) => process.stdout.write(text, () => process.exit(0)));
} else {
  // Not awaited: Node turns a top-level await that never settles into exit code 13.
  Promise.all([import('./framework/process.ts'), import('./commands.ts')]).then(([{ runProcess }, { COMMANDS }]) =>
    runProcess(args, { version: version(), commands: COMMANDS }),
  );
}

function version(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return String(version);
}
