import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { minimal, readConfig } from '../../test/harness/config-text.ts';
import { ObjBuildRunnerK3s } from './k3s.ts';

const PASSWORD = 'hunter2hunter2';
const CONFIG = minimal({
  registry: [
    '      username: puller',
    `      password: ${PASSWORD}`,
    '      ca: /etc/ca.pem',
    '      mirrors: { docker.io: { endpoint: [https://one.example.com, "http://two.example.com:5000"], rewrite: { "(.*)": "hub/$1" } } }',
  ].join('\n'),
});
const WRITTEN = `
# by hand
configs:
  registry.example.com:
    tls: { ca_file: /etc/ca.pem, insecure_skip_verify: no }
    auth:
      password: ${PASSWORD}
      username: 'puller'
mirrors:
  docker.io:
    rewrite: { '(.*)': hub/$1 }
    endpoint:
      - https://one.example.com/v2
      - http://two.example.com:5000/
`;

const runner = new ObjBuildRunnerK3s();
const packages = [readConfig(CONFIG).selectPackage()];
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'objdocker-test-'));
});

afterAll(() => rm(folder, { recursive: true }));

async function check(text: string) {
  const path = join(folder, 'registries.yaml');
  await writeFile(path, text, { mode: 0o600 });
  return runner.check(packages, path);
}

describe('a registries.yaml with the same content', () => {
  const pair = Buffer.from(`puller:${PASSWORD}`).toString('base64');
  it.each([
    ['in another order, with comments, other quotes and other forms of an endpoint', WRITTEN],
    ['with an anchor and a merge key', WRITTEN.replace('    tls:', '    <<: &empty {}\n    tls:')],
    ['with a mirror that k3s drops', `${WRITTEN}  quay.io: { rewrite: { a: b } }\n  ghcr.io:\n`],
    [
      'with the user and the password in one',
      WRITTEN.replace(/ {6}password: .*\n {6}username: .*/, `      auth: ${pair}`),
    ],
    ['with an endpoint twice', `${WRITTEN}      - https://one.example.com\n`],
  ])('is in sync: %s', async (_what, text) => {
    expect(await check(text)).toMatchObject({ inSync: true, differences: [] });
  });

  it('is the file that write() writes', async () => {
    const path = join(folder, 'written.yaml');
    await runner.write(packages, path);
    expect(await runner.check(packages, path)).toMatchObject({ inSync: true, path });
  });
});

describe('drift is listed key by key without secrets:', () => {
  it.each([
    [
      'another password',
      WRITTEN.replace(PASSWORD, 'sesame open'),
      [{ kind: 'different', key: 'configs["registry.example.com"].auth.password', expected: '***', found: '***' }],
    ],
    [
      'no password',
      WRITTEN.replace(/ {6}password: .*\n/, ''),
      [{ kind: 'missing', key: 'configs["registry.example.com"].auth.password', expected: '***' }],
    ],
    [
      'another order of endpoints',
      WRITTEN.replace('one', '@').replace('two', 'one').replace('@', 'two'),
      [expect.objectContaining({ kind: 'different', key: 'mirrors["docker.io"].endpoint' })],
    ],
    [
      'the key under which some documentation puts a token',
      WRITTEN.replace("username: 'puller'", "username: 'puller'\n      token: sesame open"),
      [{ kind: 'unknown', key: 'configs["registry.example.com"].auth["token"]' }],
    ],
    ['a key at the top', `${WRITTEN}auths: { a: sesame open }\n`, [{ kind: 'unknown', key: '"auths"' }]],
    [
      'a mirror more',
      `${WRITTEN}  "*": { endpoint: ["https://me:sesame open@c.example.com"] }\n`,
      [{ kind: 'extra', key: 'mirrors["*"].endpoint', found: 'https://c.example.com' }],
    ],
    [
      'a registry more',
      WRITTEN.replace('configs:', 'configs:\n  r.io: { auth: { identity_token: sesame open } }'),
      [{ kind: 'extra', key: 'configs["r.io"].auth.identity_token', found: '***' }],
    ],
    [
      'a rewrite that is another',
      WRITTEN.replace('hub/', 'dockerhub/'),
      [{ kind: 'different', key: 'mirrors["docker.io"].rewrite["(.*)"]', expected: 'hub/$1', found: 'dockerhub/$1' }],
    ],
    [
      'certificates that are not checked',
      WRITTEN.replace('no }', 'true }'),
      [{ kind: 'extra', key: 'configs["registry.example.com"].tls.insecure_skip_verify', found: 'true' }],
    ],
  ])('%s', async (_what, text, differences) => {
    const result = await check(text);
    expect(result.differences).toEqual(differences);
    expect(result.inSync).toBe(false);
    expect(JSON.stringify(result)).not.toMatch(/hunter2|sesame/);
  });

  it('lists every key and warns when the file does not exist', async () => {
    const result = await runner.check(packages, join(folder, 'nothing.yaml'));
    expect(result.differences.map(({ kind }) => kind)).toEqual(Array(5).fill('missing'));
    expect(result.warnings).toContainEqual(expect.stringContaining('does not exist'));
  });

  it('warns when other users may read the file', async () => {
    const path = join(folder, 'open.yaml');
    await writeFile(path, WRITTEN, { mode: 0o644 });
    expect((await runner.check(packages, path)).warnings).toContainEqual(expect.stringContaining('chmod 600'));
  });
});

describe('a file that k3s cannot read is an error with a position and without quotes:', () => {
  it.each([
    ['invalid YAML', 'configs:\n  a: [\n  b: sesame\n'],
    ['an endpoint that is not a list', 'mirrors:\n  docker.io:\n    endpoint: https://sesame\n'],
    ['a list of mirrors', 'mirrors:\n- sesame\n'],
    ['a password that is a list', 'configs: { a: { auth: { password: [sesame] } } }'],
    ['a quoted boolean', 'configs: { a: { tls: { insecure_skip_verify: "true" } } }'],
    ['an alias without an anchor', 'configs: { a: { auth: { password: *sesame } } }'],
    ['a directive for YAML 1.2', '%YAML 1.2\n---\nmirrors: {}\n'],
    ['a directive that does not exist', '%SESAME sesame\n---\nmirrors: {}\n'],
    ['not a mapping', 'sesame'],
  ])('%s', async (_what, text) => {
    const error = await check(text).catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      code: 'REGISTRIES_INVALID',
      message: expect.stringMatching(/registries\.yaml:\d+:\d+: /),
    });
    expect(`${String(error)}${JSON.stringify(error)}`).not.toContain('sesame');
  });

  it('a folder, and bytes that are not text', async () => {
    await expect(runner.check(packages, folder)).rejects.toMatchObject({ code: 'REGISTRIES_INVALID' });
    const path = join(folder, 'binary.yaml');
    await writeFile(path, Buffer.from([0xff, 0xfe, 0x80]));
    await expect(runner.check(packages, path)).rejects.toMatchObject({ code: 'REGISTRIES_INVALID' });
  });

  it('a mapping that merges itself does not recurse forever', async () => {
    expect((await check('mirrors: &m\n  <<: *m\n')).inSync).toBe(false);
  });
});
