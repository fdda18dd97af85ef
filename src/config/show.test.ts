import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { minimal, readConfig } from '../../test/harness/config-text.ts';
import type { Package } from './package.ts';
import { deploymentSchema } from './schema/config-schema.ts';

const SECRETS = minimal({
  registry:
    '      username: admin\n      password: hunter2\n      pull: { username: node, password: "${NODE_PASSWORD}" }\n      mirrors: { a.b: { endpoint: "https://u:hunter2@a.b" } }',
  image: '      buildArgs: { VERBOSE: 1, API_TOKEN: hunter2, X: "${X}" }\n      builder: ${BUILDER}',
});

/** All keys, with values that are not the default. */
const ALL = `
docker: { registryhost: unused.example.com }
active: shop
shop:
  deployment:
    registry:
      type: harbor
      host: registry.example.com
      port: 8443
      project: axion
      username: robot$axion+ci
      password: \${PASSWORD}
      ca: ca.pem
      insecureSkipVerify: yes
      auto_scan: on
      auto_sbom: true
      mirrors:
        registry.example.com: { endpoint: "https://registry.example.com:8443" }
        "*": { endpoint: [https://cache.example.com, https://other.example.com], rewrite: { "(.*)": "m/$1" } }
      pull: { username: node, passwordFile: node-password }
      configs:
        cache.example.com: { username: u, password: "\${CACHE}", ca: /etc/ca, cert: /etc/cert, key: /etc/key }
    image:
      registry: registry.example.com:8443
      repository: shop
      name: "{package}/{service}"
      tag: 1.0
      baseImage: python:3.11
      baseRuntimeImage: python:3.11-slim
      dockerfile: docker/Dockerfile
      context: ..
      services: [api, worker]
      platforms: [linux/amd64, linux/arm64]
      buildArgs: { A: "$\${literal}", B: "\${B}", DATE: 2026-12-01, ON: true, EMPTY: "" }
      secrets: { pip: { file: pip.conf, version: 2 }, npm: { env: NPM_TOKEN } }
      builder: farm
      cache: registry
      cacheFrom: ["type=registry,ref=a/{service}"]
      cacheTo: ["type=registry,ref=a/{service}"]
      rebuildFor: [VERSION]
      baseUnreachable: last-known
    compile: { include: ["a/*.py"], exclude: [b.py], jobs: 4, directives: { boundscheck: false, language_level: 3, c: "x" } }
    scan:
      failOn: high
      ignoreUnfixed: true
      ignoreStatus: [will_not_fix]
      unknown: fail
      requirePackages: true
      allow: [{ id: CVE-1, reason: "not called: really", until: 2099-12-31 }]
      onUnchanged: warn
      maxAge: 7d
      timeout: 1h30m500ms
    release: { repository: records, record: false }
    k3s: { output: nodes/registries.yaml }
`;

const ENV = { PASSWORD: 'hunter2', CACHE: '${X}', B: 'a ${NOT_A_VARIABLE} "b"' };

describe('show', () => {
  it.each([
    ['of all keys', ALL, ENV],
    ['of a file with few keys', minimal(), {}],
    [
      'of a plain registry',
      minimal().replace('harbor', 'registry').replace('registry.example.com', 'localhost:5000'),
      {},
    ],
    [
      'of several tags, a host of all packages and one endpoint that is written as text',
      minimal({
        top: 'docker: { registryhost: localhost, registryport: "${PORT}" }',
        registry: '      mirrors: { "*": { endpoint: https://a.b } }',
      })
        .replace('      host: registry.example.com\n', '')
        .replace('tag: "1"', 'tags: ["1", latest]'),
      { PORT: '5000' },
    ],
    [
      'of variables that are not set',
      minimal({
        registry: '      port: 8443\n      username: u\n      password: ${P}',
        image: '      builder: x-${B}',
      }).replace('registry.example.com', '${HOST}'),
      {},
    ],
  ])('prints a config.yaml that means the same: %s', (_name, text, env) => {
    const shown = readConfig(text, { env }).show();
    for (const pasted of [stringify(shown.values), JSON.stringify(shown.values)]) {
      const again = readConfig(pasted, { env, strict: true });
      expect(again.check().filter(({ severity }) => severity === 'error')).toEqual([]);
      expect(valuesOf(readConfig(pasted, { env }).selectPackage())).toEqual(
        valuesOf(readConfig(text, { env }).selectPackage()),
      );
      expect(again.show().values).toEqual(shown.values);
    }
  });

  it('has every key of config.yaml', () => {
    const [shown] = Object.values(readConfig(ALL, { env: ENV }).show().values) as [{ deployment: object }];
    for (const [section, schema] of Object.entries(deploymentSchema.shape)) {
      const { shape } = 'unwrap' in schema ? schema.unwrap() : schema;
      const keys = Object.keys(shape).filter((key) => !['port', 'passwordFile'].includes(key));
      expect(Object.keys(shown.deployment[section as never]).toSorted(), section).toEqual(keys.toSorted());
    }
  });

  it('fills in defaults, masks secrets and says what is not set', () => {
    const { values, unknown } = readConfig(SECRETS, { env: { X: 'x' } }).show();
    expect(values).toMatchObject({
      shop: {
        deployment: {
          registry: {
            host: 'registry.example.com',
            password: '***',
            pull: { username: 'node', password: '${NODE_PASSWORD}' },
            mirrors: { 'a.b': { endpoint: ['https://***@a.b'] } },
          },
          image: {
            dockerfile: '/factory/Dockerfile',
            buildArgs: { VERBOSE: '1', API_TOKEN: '***', X: 'x' },
            builder: '${BUILDER}',
          },
          scan: { failOn: 'critical', maxAge: '24h', timeout: '15m' },
        },
      },
    });
    expect(unknown).toEqual([
      { key: ['shop', 'deployment', 'registry', 'pull', 'password'], reason: 'NODE_PASSWORD is not set' },
      { key: ['shop', 'deployment', 'image', 'builder'], reason: 'BUILDER is not set' },
    ]);
    expect(JSON.stringify(values)).not.toContain('hunter2');
  });

  it('masks secrets in the values of variables, and beside variables that are not set', () => {
    const env = { NODE_PASSWORD: 'hunter2', X: 'https://u:hunter2@x' };
    expect(JSON.stringify(readConfig(SECRETS, { env }).show())).not.toContain('hunter2');
    const mixed = minimal({
      registry:
        '      username: u\n      password: hunter2${U}\n      mirrors: { a.b: { endpoint: "https://u:hunter2@${U}" } }',
      image: '      buildArgs: { API_TOKEN: "hunter2${U}" }',
    });
    expect(JSON.stringify(readConfig(mixed).show())).not.toContain('hunter2');
  });
});

/** All values of a package, those of secrets too. */
function valuesOf(pkg: Package): unknown {
  const read = (value: unknown): unknown => {
    if (typeof value === 'function') return undefined;
    if (typeof value !== 'object' || value === null) return value;
    if ('reveal' in value && typeof value.reveal === 'function') return { secret: value.reveal() };
    if (Array.isArray(value)) return value.map(read);
    return Object.fromEntries(
      Object.keys(value).map((key) => {
        try {
          return [key, read((value as Record<string, unknown>)[key])];
        } catch (error) {
          return [key, String(error).replace(/\S+:\d+:\d+/, '')];
        }
      }),
    );
  };
  const { registry, image, compile, scan, release, k3s } = pkg;
  return read({ registry, image, compile, scan, release, k3s });
}
