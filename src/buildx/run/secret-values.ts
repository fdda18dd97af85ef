import { readFile } from 'node:fs/promises';
import type { EnvironmentVariables } from '../../lib/process/exec.ts';
import { Secret } from '../../lib/secret.ts';
import type { PlannedSecret } from '../plan.ts';

/** Masking shorter lines of a file (`[global]`, `user: x`) would mask other text than the secret. */
const SHORTEST_LINE = 9;

/**
 * The values of build secrets, for masking in the output of a build. Of a file: its whole text, its longer lines, and the
 * credentials in its URLs, because a command may print one line of a pip.conf, or only its URL.
 */
export async function secretValues(secrets: readonly PlannedSecret[], env: EnvironmentVariables): Promise<Secret[]> {
  const texts = await Promise.all(
    secrets.map((secret) => ('env' in secret ? env[secret.env] : readFile(secret.file, 'utf8'))),
  );
  return [...new Set(texts.flatMap((text) => (text === undefined ? [] : partsOf(text))))].map(
    (part) => new Secret(part),
  );
}

function partsOf(text: string): string[] {
  const whole = text.trim();
  const lines = whole.split('\n').map((line) => line.trim());
  const passwords = [...whole.matchAll(/\w:\/\/[^\s/?#@]*@/g)].flatMap(([url]) => passwordOf(url));
  return [whole, ...lines.filter((line) => line.length >= SHORTEST_LINE), ...passwords];
}

/** The password in `https://user:password@`. A user name without a password is a token. */
function passwordOf(start: string): string[] {
  const login = start.slice(start.indexOf('//') + 2, -1);
  return [login.slice(login.indexOf(':') + 1)].filter((password) => password !== '');
}
