import { describe, expect, it } from 'vitest';
import { errorOf, minimal, readConfig } from '../../test/harness/config-text.ts';
import { formatImageReference } from '../image-ref.ts';
import type { EnvironmentVariables } from '../lib/process/exec.ts';
import { imageName } from './image-name.ts';
import type { Package } from './package.ts';

const inRegistry = (...lines: string[]) => minimal({ registry: lines.map((line) => `      ${line}`).join('\n') });
const inImage = (...lines: string[]) => minimal({ image: lines.map((line) => `      ${line}`).join('\n') });
const inDeployment = (...lines: string[]) => minimal({ deployment: lines.map((line) => `    ${line}`).join('\n') });
const select = (text: string, env: EnvironmentVariables = {}): Package => readConfig(text, { env }).selectPackage();

/** A package with these values for all keys that set a host, a port or a mirror. */
function hosts(given: {
  own?: string;
  port?: string;
  docker?: string;
  dockerPort?: string;
  image?: string;
  endpoint?: string;
  type?: string;
}) {
  return select(`
docker: { registryhost: "${given.docker ?? ''}", registryport: "${given.dockerPort ?? ''}" }
shop:
  deployment:
    registry:
      type: ${given.type ?? 'registry'}
      project: axion
      host: "${given.own ?? ''}"
      port: "${given.port ?? ''}"
      mirrors: { other.example.com: { endpoint: "http://other.example.com" }, self: { endpoint: ${given.endpoint ?? '[]'} } }
    image: { registry: "${given.image ?? ''}", repository: shop, tag: "1", dockerfile: Dockerfile }
`);
}

describe('the hosts of the registry and of image names', () => {
  it.each([
    [{ own: 'a.b' }, 'a.b', 'a.b'],
    [{ own: 'a.b', port: '5000' }, 'a.b:5000', 'a.b:5000'],
    [{ own: 'a.b:5000' }, 'a.b:5000', 'a.b:5000'],
    [{ own: 'a.b:5000', port: '5000' }, 'a.b:5000', 'a.b:5000'],
    [{ docker: 'd.b' }, 'd.b', 'd.b'],
    [{ docker: 'd.b', dockerPort: '81' }, 'd.b:81', 'd.b:81'],
    [{ own: 'a.b', docker: 'd.b', dockerPort: '81' }, 'a.b', 'a.b'],
    [{ image: 'i.b:1' }, 'i.b:1', 'i.b:1'],
    [{ own: 'a.b', image: 'i.b:1' }, 'a.b', 'i.b:1'],
    [{ docker: 'd.b', image: 'i.b' }, 'd.b', 'i.b'],
    [{ own: '[::1]', port: '5000' }, '[::1]:5000', '[::1]:5000'],
  ])('from %j are %s and %s', (given, registry, image) => {
    const pkg = hosts(given);
    expect([pkg.registry.host, pkg.image.host]).toEqual([registry, image]);
  });
});

describe('the scheme of the API', () => {
  it.each([
    [{ own: 'a.b' }, 'https://a.b'],
    [{ own: 'a.b', port: '80' }, 'https://a.b:80'],
    [{ own: 'localhost', port: '5000' }, 'http://localhost:5000'],
    [{ own: '127.0.0.1:5000' }, 'http://127.0.0.1:5000'],
    [{ own: '127.8.9.1:5000' }, 'http://127.8.9.1:5000'],
    [{ own: '[::1]:5000' }, 'http://[::1]:5000'],
    [{ own: '10.0.10.5:5000' }, 'https://10.0.10.5:5000'],
    [{ own: '10.0.10.5:5000', endpoint: '"http://10.0.10.5:5000"' }, 'http://10.0.10.5:5000'],
    [{ own: '10.0.10.5:5000', endpoint: '["https://x.y", "http://10.0.10.5:5000/v2"]' }, 'http://10.0.10.5:5000'],
    [{ own: '10.0.10.5:5000', endpoint: '"http://10.0.10.5"' }, 'https://10.0.10.5:5000'],
    [{ own: 'localhost:5000', endpoint: '"https://localhost:5000"' }, 'https://localhost:5000'],
    [{ own: 'a.b', endpoint: '"http://a.b"' }, 'http://a.b'],
    [{ own: 'a.b', endpoint: '"http://a.b:80"' }, 'http://a.b'],
    [{ own: 'A.b', endpoint: '"HTTP://a.B/"' }, 'http://A.b'],
    [{ own: 'a.b:443', endpoint: '"https://a.b"' }, 'https://a.b:443'],
    [{ own: 'a.b:443', endpoint: '"http://a.b"' }, 'https://a.b:443'],
    // The endpoint of another host does not count.
    [{ own: 'a.b', endpoint: '"http://a.b.example.com"' }, 'https://a.b'],
    [{ own: 'localhostile.example.com' }, 'https://localhostile.example.com'],
    [{ own: '127.0.0.1.example.com' }, 'https://127.0.0.1.example.com'],
  ])('of %j is that of %s', (given, url) => expect(hosts(given).registry.url).toBe(url));
});

describe('image names', () => {
  const name = (text: string, service?: string) => formatImageReference(imageName(select(text), service));
  const plain = minimal().replace('type: harbor', 'type: registry');

  it.each([
    ['a service in Harbor', minimal(), 'api', 'registry.example.com/axion/api-shop:1'],
    ['the single image in Harbor', minimal(), undefined, 'registry.example.com/axion/shop:1'],
    ['harbor in another case', minimal().replace('harbor', 'Harbor'), 'api', 'registry.example.com/axion/api-shop:1'],
    ['a service of a plain registry', plain, 'api', 'registry.example.com/api-shop:1'],
    ['the single image of a plain registry', plain, undefined, 'registry.example.com/shop:1'],
    [
      'a repository of several parts',
      plain.replace('repository: shop', 'repository: a/b'),
      undefined,
      'registry.example.com/a/b:1',
    ],
    ['a port', inRegistry('port: 5000'), 'api', 'registry.example.com:5000/axion/api-shop:1'],
    [
      'images of another host',
      inImage('registry: "[::1]:5000"').replace('harbor', 'x'),
      'api',
      '[::1]:5000/api-shop:1',
    ],
  ])('%s', (_name, text, service, expected) => expect(name(text, service)).toBe(expected));

  it('that are invalid are errors', () => {
    expect(errorOf(() => name(minimal().replace('shop:', 'Shop:'), 'api')).code).toBe('REFERENCE_INVALID');
    expect(errorOf(() => name(minimal(), 'a/../b')).code).toBe('REFERENCE_INVALID');
    expect(errorOf(() => name(minimal(), 'a'.repeat(300))).code).toBe('REFERENCE_INVALID');
  });
});

describe('a scalar keeps the text in the file', () => {
  it.each([
    '1.0',
    '1e3',
    '012',
    'yes',
    'null1',
    '0x1F',
    '1_000',
    '2026-01-31',
    'true',
    '.5e',
    '"1.0"',
    "'1.0'",
    '1.0   # a comment',
  ])('in tag: %s', (written) => {
    const text = minimal().replace('tag: "1"', `tag: ${written}`);
    const expected = written.replace(/ *#.*/, '').replace(/^["']|["']$/g, '');
    if (expected.startsWith('.')) return;
    expect(select(text).image.tag).toBe(expected);
  });

  it.each([
    ['port: 5000', ':5000'],
    ['port: "5000"', ':5000'],
    ['port: 0500', ':500'],
    ['port: ""', ''],
    ['port:', ''],
    ['port: ~', ''],
  ])('in %s', (written, port) => expect(select(inRegistry(written)).registry.host).toBe(`registry.example.com${port}`));

  it.each([
    ['true', true],
    ['"true"', true],
    ['True', true],
    ['yes', true],
    ['on', true],
    ['false', false],
    ['"no"', false],
    ['""', false],
    ['', false],
  ])('except in auto_scan and auto_sbom: %s', (written, value) => {
    const { registry } = select(inRegistry(`auto_scan: ${written}`, `auto_sbom: ${written}`));
    expect([registry.autoScan, registry.autoSbom]).toEqual([value, value]);
  });

  it('in user names and passwords that are numbers', () => {
    const { registry } = select(inRegistry('username: 007', 'password: 1e3'));
    expect([registry.username, registry.password?.reveal()]).toEqual(['007', '1e3']);
  });

  it('in build arguments, also when it is empty', () => {
    const { buildArgs } = select(inImage('buildArgs: { A: 1.50, B: "", C: , D: true, E: "x y" }')).image;
    expect({ ...buildArgs }).toEqual({ A: '1.50', B: '', C: '', D: 'true', E: 'x y' });
  });

  it('except in Cython directives, which become booleans, numbers or text', () => {
    const text = inDeployment(
      'compile: { jobs: "4", include: ["a/**"], directives: { boundscheck: False, language_level: 3, binding: "true", profile: abc } }',
    );
    const { compile } = select(text);
    expect({ ...compile.directives }).toEqual({ boundscheck: false, language_level: 3, binding: true, profile: 'abc' });
    expect([compile.jobs, compile.include]).toEqual([4, ['a/**']]);
  });
});

describe('the defaults', () => {
  it('apply to absent keys', () => {
    const pkg = select(minimal());
    expect(pkg.image.context).toBe('/factory');
    expect(pkg.image.dockerfile).toBe('/factory/Dockerfile');
    expect([pkg.image.services, pkg.image.platforms]).toEqual([undefined, []]);
    expect(pkg.registry).toMatchObject({
      type: 'harbor',
      autoScan: false,
      autoSbom: false,
      insecureSkipVerify: false,
      mirrors: [],
      pull: undefined,
    });
    expect(pkg.scan).toMatchObject({
      failOn: 'critical',
      ignoreUnfixed: false,
      ignoreStatus: [],
      unknown: 'pass',
      allow: [],
      maxAgeMs: 86_400_000,
      timeoutMs: 900_000,
    });
    expect(pkg.excludedFiles).toEqual([]);
  });

  it('apply to empty texts and lists, too', () => {
    const pkg = select(
      inImage('context: ""', 'services: []', 'platforms: ""', 'buildArgs:', 'builder: ""', 'baseImage:'),
    );
    expect(pkg.image).toMatchObject({
      context: '/factory',
      services: undefined,
      platforms: [],
      builder: undefined,
      baseImage: undefined,
    });
  });
});

describe('relative paths', () => {
  it('start at the folder of the config.yaml', () => {
    const pkg = select(
      minimal({
        deployment: '    k3s: { output: out/registries.yaml }',
        registry: '      username: a\n      passwordFile: ../secret/pw\n      ca: /etc/ca.pem',
        image: '      context: ..\n      secrets: { pip: { file: pip.conf }, npm: { env: NPM_TOKEN } }',
      }),
    );
    expect(pkg.k3s.output).toBe('/factory/out/registries.yaml');
    expect([pkg.registry.passwordFile, pkg.registry.ca]).toEqual(['/secret/pw', '/etc/ca.pem']);
    expect(pkg.image.context).toBe('/');
    expect({ ...pkg.image.secrets }).toEqual({ pip: { file: '/factory/pip.conf' }, npm: { env: 'NPM_TOKEN' } });
  });
});

describe('a list', () => {
  it('of platforms has the OCI name of each platform once', () => {
    expect(
      select(inImage('platforms: [linux/x86_64, Linux/AMD64, linux/aarch64, linux/arm/v7]')).image.platforms,
    ).toEqual(['linux/amd64', 'linux/arm64', 'linux/arm/v7']);
  });

  it('of endpoints may be one text', () => {
    const { mirrors } = select(
      inRegistry(
        'mirrors: { "*": { endpoint: "https://a.b" }, c.d: { endpoint: ["http://e.f", "https://g.h/v2"], rewrite: { "(.*)": "hub/$1" } } }',
      ),
    ).registry;
    expect(mirrors.map(({ host, endpoints, rewrite }) => [host, endpoints, { ...rewrite }])).toEqual([
      ['*', ['https://a.b'], {}],
      ['c.d', ['http://e.f', 'https://g.h/v2'], { '(.*)': 'hub/$1' }],
    ]);
  });

  it('of accepted findings has an id, a reason and an end', () => {
    const { scan } = select(
      inDeployment(
        'scan: { failOn: High, timeout: 1h30m, ignoreUnfixed: yes, ignoreStatus: [will_not_fix, END_OF_LIFE], unknown: fail, allow: [{ id: CVE-1, reason: "no fix", until: 2028-02-29 }] }',
      ),
    );
    expect(scan).toMatchObject({ failOn: 'high', timeoutMs: 5_400_000, ignoreUnfixed: true, unknown: 'fail' });
    expect(scan.ignoreStatus).toEqual(['will_not_fix', 'end_of_life']);
    expect(scan.allow.map((entry) => ({ ...entry }))).toEqual([{ id: 'CVE-1', reason: 'no fix', until: '2028-02-29' }]);
  });
});

describe('variables', () => {
  const text = inRegistry('username: robot$axion+ci', 'password: ${HARBOR_PASSWORD}', 'port: ${PORT}', 'ca: ${CA}');

  it('are expanded when the value is read, and not before', () => {
    const pkg = select(text, { PORT: '5000' });
    expect(pkg.registry.username).toBe('robot$axion+ci');
    expect(pkg.registry.url).toBe('https://registry.example.com:5000');
    const error = errorOf(() => pkg.registry.password);
    expect(error.code).toBe('VARIABLE_UNSET');
    expect(error.message).toBe(
      '/factory/config.yaml:8:17: shop.deployment.registry.password uses the environment variable HARBOR_PASSWORD, which is not set',
    );
    expect(error.details).toMatchObject({
      variable: 'HARBOR_PASSWORD',
      key: 'shop.deployment.registry.password',
      line: 8,
      column: 17,
    });
  });

  it('may be empty: then the key counts as absent', () => {
    const pkg = select(text, { PORT: '', CA: '', HARBOR_PASSWORD: '' });
    expect([pkg.registry.host, pkg.registry.ca, pkg.registry.password]).toEqual([
      'registry.example.com',
      undefined,
      undefined,
    ]);
  });

  it.each([
    [
      'a port',
      text,
      { PORT: 'x' },
      (pkg: Package) => pkg.registry.host,
      '9:13: error: shop.deployment.registry.port: "x" is not a port',
    ],
    [
      'a rule',
      inImage('registry: ${R}'),
      { R: 'other.example.com' },
      (pkg: Package) => pkg.image.host,
      '11:17: error: shop.deployment.image.registry: image names would have the host',
    ],
    [
      'a required key',
      minimal().replace('repository: shop', 'repository: ${T}'),
      { T: '' },
      (pkg: Package) => pkg.image.repository,
      '8:19: error: shop.deployment.image.repository: is missing',
    ],
    [
      'a project',
      minimal().replace('axion', '${P}'),
      { P: 'a/b' },
      (pkg: Package) => pkg.registry.project,
      '6:16: error: shop.deployment.registry.project: "a/b" is not a Harbor project',
    ],
    [
      'a type',
      minimal().replace('axion', '""').replace('harbor', '${T}'),
      { T: 'harbor' },
      (pkg: Package) => pkg.registry.project,
      'shop.deployment.registry.project: is missing: a Harbor needs a project',
    ],
  ])('with a value that is invalid for %s are errors when read', (_name, written, env, read, message) => {
    const pkg = select(written, env);
    const error = errorOf(() => read(pkg));
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain(message);
  });

  it('in a build argument are checked for credentials, which the error does not show', () => {
    const pkg = select(inImage('buildArgs: { INDEX: "${INDEX}", PLAIN: "${A}" }'), {
      INDEX: 'https://ci:hunter2@pypi.example.com',
      A: 'a',
    });
    expect(pkg.image.buildArgs.PLAIN).toBe('a');
    const error = errorOf(() => pkg.image.buildArgs.INDEX);
    expect(error.hint).toContain('image.secrets');
    expect(JSON.stringify([error.message, error])).not.toContain('hunter2');
  });

  it('with the name of an inherited property are not set', () => {
    expect(errorOf(() => select(inRegistry('username: a', 'password: ${constructor}')).registry.password).code).toBe(
      'VARIABLE_UNSET',
    );
  });
});

describe('credentials', () => {
  it('of nodes are separate from those of the registry', () => {
    const { registry } = select(
      inRegistry('username: admin', 'password: a', 'pull: { username: node, passwordFile: pw }'),
    );
    expect(registry.pull?.username).toBe('node');
    expect(registry.pull?.passwordFile).toBe('/factory/pw');
    expect(registry.pull?.password).toBeUndefined();
    expect(registry.password?.reveal()).toBe('a');
  });

  it('are masked in the JSON of a package', () => {
    const pkg = select(inRegistry('username: admin', 'password: hunter2'));
    expect(JSON.stringify(pkg)).not.toContain('hunter2');
  });
});
