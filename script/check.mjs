// Runs all checks of package.json (check:…), two at a time, and prints what each one said when it ends.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { argv, exit, stdout } from 'node:process';
import pMap from 'p-map';

const AT_ONCE = 2;

const { scripts } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
// The one that takes longest starts first.
const names = Object.keys(scripts)
  .filter((name) => name.startsWith('check:'))
  .sort((a, b) => Number(b === 'check:types') - Number(a === 'check:types'));

const results = await pMap(names, check, { concurrency: AT_ONCE });
const failed = names.filter((_, index) => results[index] !== 0);
if (failed.length > 0) {
  stdout.write(`failed: ${failed.join(', ')}\n`);
  exit(1);
}

/** @returns the exit code */
function check(name) {
  return new Promise((resolve) => {
    const child = spawn('npm', ['run', '--silent', name, ...argv.slice(2)], { stdio: ['ignore', 'pipe', 'pipe'] });
    const said = [];
    child.stdout.on('data', (chunk) => said.push(chunk));
    child.stderr.on('data', (chunk) => said.push(chunk));
    child.on('error', (error) => {
      stdout.write(`${name}: ${error.message}\n`);
      resolve(1);
    });
    child.on('close', (code) => {
      const text = Buffer.concat(said).toString().trim();
      stdout.write(
        `${name}: ${code === 0 ? 'done' : `failed (${code})`}\n${code === 0 || text === '' ? '' : `${text}\n`}`,
      );
      resolve(code ?? 1);
    });
  });
}
