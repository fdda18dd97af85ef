import { describe, expect, it } from 'vitest';
import { errorOf, minimal, readConfig } from '../../test/harness/config-text.ts';
import type { EnvironmentVariables } from '../lib/process/exec.ts';

const inRegistry = (...lines: string[]) => minimal({ registry: lines.map((line) => `      ${line}`).join('\n') });
const excluded = (text: string, env: EnvironmentVariables = {}) =>
  readConfig(text, { env })
    .selectPackage('shop')
    .excludedFiles.map(({ path }) => path);
const CONFIG = '/factory/config.yaml';

describe('the files excluded from a build context', () => {
  it.each([
    ['nothing', minimal(), []],
    ['nothing for a password from a variable', inRegistry('username: a', 'password: ${PW}'), []],
    ['nothing for an empty password', inRegistry('username: a', 'password: ""'), []],
    ['the file, for a password in it', inRegistry('username: a', 'password: x'), [CONFIG]],
    ['the file, for a password that is partly a variable', inRegistry('username: a', 'password: x${PW}'), [CONFIG]],
    ['the file, for an escaped password', inRegistry('username: a', 'password: "$${PW}"'), [CONFIG]],
    ['the file, for a numeric password', inRegistry('username: a', 'password: 1234'), [CONFIG]],
    ['the file, for a password of nodes', inRegistry('pull: { username: a, password: x }'), [CONFIG]],
    ['the file, for a misspelled key of a password', inRegistry('pasword: x'), [CONFIG]],
    [
      'the file, for credentials in an endpoint',
      inRegistry('mirrors: { a.b: { endpoint: ["https://c.d", "https://u:p@a.b"] } }'),
      [CONFIG],
    ],
    [
      'nothing, for credentials from a variable',
      inRegistry('mirrors: { a.b: { endpoint: "https://u:${P}@a.b" } }'),
      [],
    ],
    [
      'both passwordFiles',
      inRegistry('username: a', 'passwordFile: pw', 'pull: { username: b, passwordFile: /run/pw }'),
      ['/factory/pw', '/run/pw'],
    ],
    [
      'the registries.yaml of nodes',
      minimal({ deployment: '    k3s: { output: nodes/r.yaml }' }),
      ['/factory/nodes/r.yaml'],
    ],
  ])('are %s', (_name, text, paths) => expect(excluded(text, { P: 'p' })).toEqual(paths));

  it('include those of other packages, even invalid ones', () => {
    const other =
      'other:\n  deployment:\n    registry: { password: x, passwordFile: other-pw, port: x }\n    image: {}\n';
    expect(excluded(minimal() + other)).toEqual(['/factory/other-pw', CONFIG]);
  });

  it('require the variables of the selected package only', () => {
    const text = inRegistry('username: a', 'passwordFile: ${DIR}/pw');
    expect(excluded(text, { DIR: '/run' })).toEqual(['/run/pw']);
    expect(errorOf(() => excluded(text)).code).toBe('VARIABLE_UNSET');
    const other = text.replace('shop:', 'other:');
    expect(excluded(minimal() + other)).toEqual([]);
    expect(excluded(minimal() + other, { DIR: '/run' })).toEqual(['/run/pw']);
  });

  it('have a reason', () => {
    const reasons = readConfig(inRegistry('username: a', 'password: x', 'pull: { username: b, passwordFile: pw }'))
      .selectPackage()
      .excludedFiles.map(({ reason }) => reason);
    expect(reasons).toEqual([
      'is the passwordFile of shop.deployment.registry.pull',
      'contains the secret at shop.deployment.registry.password',
    ]);
  });
});
