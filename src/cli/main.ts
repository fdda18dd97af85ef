#!/usr/bin/env node
import { readFileSync } from 'node:fs';

const args = process.argv.slice(2);

// Scripts run `--version` often: answer before anything else is loaded.
if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  process.stdout.write(`${version()}\n`);
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
