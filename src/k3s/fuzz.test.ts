import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { readConfig } from '../../test/harness/config-text.ts';
import { attemptsOf, parseAsNode } from '../../test/harness/k3s-node.ts';
import { ObjBuildRunnerK3s } from './k3s.ts';

const runner = new ObjBuildRunnerK3s();

const NAMES = [
  'r.example.com',
  'R.example.com',
  'other.example.com',
  '10.0.10.5',
  'localhost',
  '127.0.0.1',
  '[::1]',
  '[fd00::1]',
  'docker.io',
  'index.docker.io',
];
const name = fc.constantFrom(...NAMES);
const host = fc.tuple(name, fc.constantFrom('', ':80', ':443', ':5000')).map(([bare, port]) => bare + port);
const endpoint = fc
  .tuple(fc.constantFrom('http', 'https'), host, fc.constantFrom('', '/', '/v2', '/v2/cache'))
  .map(([scheme, server, path]) => `${scheme}://${server}${path}`);
/** Whatever a person or a generator of passwords may come up with, YAML's own words among it, and long enough to be looked for. */
const text = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
  fc.constantFrom(
    'yes',
    'null',
    '~',
    '0x10',
    '1e3',
    '"',
    "'",
    '\\',
    '# x',
    ': ',
    '\u0085',
    '\u2028',
    '\n',
    '\t',
    '😀',
    '*a',
    '!x',
    '${',
  ),
);
const password = fc.tuple(text, fc.uuid()).map(([odd, id]) => `${odd}${id}`);
const username = fc.oneof(
  fc.constantFrom('admin', 'robot$axion+pull', 'yes', '123'),
  text.filter((one) => !/[:\x00-\x1f\x7f]/.test(one)),
);
const rewrite = fc.dictionary(
  fc.oneof(
    fc.constantFrom('(.*)', '^library/(.*)', '__proto__'),
    text.filter((one) => !one.includes('${')),
  ),
  text,
  { maxKeys: 2 },
);

const registry = fc.record(
  {
    host,
    credentials: fc.option(fc.record({ username, password })),
    pull: fc.option(fc.record({ username, password })),
    mirrors: fc.dictionary(
      fc.oneof(host, fc.constant('*')),
      fc.record({ endpoint: fc.array(endpoint, { minLength: 1, maxLength: 3 }), rewrite }),
      { maxKeys: 4 },
    ),
    ca: fc.option(fc.constantFrom('ca.pem', '/etc/ssl/über.pem')),
    insecureSkipVerify: fc.boolean(),
  },
  { requiredKeys: ['host', 'credentials', 'pull', 'mirrors', 'ca', 'insecureSkipVerify'] },
);

const literal = (value: string) => value.replaceAll('${', () => '$${');

/** The config of a registry, as a person would write it, and its one package. */
function packageOf({
  credentials,
  pull,
  mirrors,
  ca,
  ...rest
}: typeof registry extends fc.Arbitrary<infer T> ? T : never) {
  const written = (given: typeof credentials) =>
    given === null ? {} : { username: literal(given.username), password: literal(given.password) };
  const escaped = Object.entries(mirrors).map(([key, mirror]) => {
    const rewrites = Object.entries(mirror.rewrite).map(([pattern, to]) => [pattern, literal(to)] as const);
    return [key, { ...mirror, rewrite: new Map(rewrites) }] as const;
  });
  const deployment = {
    registry: {
      type: 'registry',
      ...rest,
      ...written(credentials),
      ...(pull === null ? {} : { pull: written(pull) }),
      ...(ca === null ? {} : { ca }),
      mirrors: new Map(escaped),
    },
    image: { repository: 'app', tag: '1', dockerfile: 'Dockerfile' },
  };
  return readConfig(stringify({ shop: { deployment } })).selectPackage();
}

function isSame(one: string, other: string, scheme: string): boolean {
  const whole = (text: string) => {
    const hub = text.toLowerCase().replace(/^(index|registry-1)\.docker\.io/, 'docker.io');
    return /:\d+$/.test(hub) ? hub : `${hub}:${scheme === 'http' ? 80 : 443}`;
  };
  return whole(one) === whole(other);
}

it('gives a node every mirror of any config, and its credentials for no other host', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'objdocker-test-'));
  await fc.assert(
    fc.asyncProperty(registry, async (given) => {
      // Two spellings of Docker Hub are one key.
      fc.pre(Object.keys(given.mirrors).filter((key) => /^(index\.)?docker\.io$/.test(key)).length < 2);
      const pkg = packageOf(given);
      const { yaml, summary, warnings } = await runner.generate([pkg]);
      const node = parseAsNode(yaml.reveal());
      const expected = given.pull ?? given.credentials;
      const scheme = new URL(pkg.registry.url).protocol.replace(':', '');

      for (const [key, mirror] of Object.entries(given.mirrors)) {
        const found = node.mirrors.get(key === 'index.docker.io' ? 'docker.io' : key);
        const bare = (url: string) => url.replace(/(\/|\/v2)$/, '');
        expect(found?.endpoint.map(bare)).toEqual(expect.arrayContaining(mirror.endpoint.map(bare)));
        expect([...(found?.rewrite ?? [])].sort()).toEqual(
          Object.entries(mirror.rewrite)
            .map(([pattern, to]) => [pattern, to])
            .sort(),
        );
      }

      const name = pkg.image.host === 'index.docker.io' ? 'docker.io' : pkg.image.host;
      const own = attemptsOf(node, name).find(
        (attempt) => attempt.scheme === scheme && isSame(attempt.host, given.host, scheme),
      );
      expect(own, 'a node finds the registry by its scheme').toBeDefined();
      expect(own).toMatchObject({
        username: expected?.username,
        password: expected?.password,
        caFile: pkg.registry.ca,
        insecure: given.insecureSkipVerify,
      });

      for (const key of node.configs.keys()) {
        // A key without a port is all of that host; one with a port has to be the very port.
        const same = isSame(key, given.host, scheme) || isSame(key, given.host.replace(/:\d+$/, ''), scheme);
        expect(same, `${key} is none of ${given.host}`).toBe(true);
        if (/:\d+$/.test(key)) expect(isSame(key, given.host, scheme), `${key} is another port`).toBe(true);
      }

      const path = join(folder, 'registries.yaml');
      await runner.write([pkg], path);
      expect((await runner.write([pkg], path)).changed, 'the same text').toBe(false);
      const check = await runner.check([pkg], path);
      expect(check.differences).toEqual([]);
      const explained = await runner.explain([pkg], `${name}/app:1`);
      const tried = attemptsOf(node, name).slice(0, explained.endpoints.length);
      expect(explained.endpoints.map(({ username: user }) => user)).toEqual(tried.map(({ username: user }) => user));
      const said = JSON.stringify([summary, warnings, check, explained]);
      for (const secret of [given.pull?.password, given.credentials?.password]) {
        if (secret !== undefined) expect(said).not.toContain(secret.slice(-36));
      }
    }),
    { numRuns: 200 },
  );
  await rm(folder, { recursive: true });
}, 60_000);
