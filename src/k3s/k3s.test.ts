import { describe, expect, it } from 'vitest';
import { readConfig } from '../../test/harness/config-text.ts';
import { attemptsOf, parseAsNode } from '../../test/harness/k3s-node.ts';
import { generate, MISSION, runner, USER } from './k3s.fixture.ts';

describe('access to other servers', () => {
  const mirrors = { 'docker.io': { endpoint: 'https://cache.example.com' } };
  const certificates = { ca: '/etc/pki/ca.pem', cert: '/etc/pki/node.pem', key: '/etc/pki/node.key' };

  it('has credentials and a client certificate for a pull cache', async () => {
    const access = { username: 'cache', password: '${CACHE}', ...certificates };
    const registry = { host: 'r.example.com', ...USER, mirrors, configs: { 'cache.example.com': access } };
    const { node, warnings, summary } = await generate(registry, { CACHE: 'sesame' });
    expect(node.configs.get('cache.example.com')).toEqual({
      auth: new Map([
        ['username', 'cache'],
        ['password', 'sesame'],
      ]),
      tls: new Map([
        ['ca_file', '/etc/pki/ca.pem'],
        ['cert_file', '/etc/pki/node.pem'],
        ['key_file', '/etc/pki/node.key'],
      ]),
    });
    expect(warnings).toContainEqual(
      'nodes read /etc/pki/ca.pem, /etc/pki/node.pem, /etc/pki/node.key for cache.example.com: copy them to the same paths on each node',
    );
    expect(summary.configs[0]).toEqual({
      host: 'cache.example.com',
      username: 'cache',
      caFile: '/etc/pki/ca.pem',
      certFile: '/etc/pki/node.pem',
      keyFile: '/etc/pki/node.key',
      insecureSkipVerify: false,
    });
    expect(JSON.stringify({ summary, warnings })).not.toContain('sesame');
  });

  it('adds a client certificate to the credentials of the own registry', async () => {
    const configs = { 'r.example.com': { cert: certificates.cert, key: certificates.key } };
    const { node } = await generate({ host: 'r.example.com', ...USER, configs });
    expect(node.configs.get('r.example.com')).toEqual({
      auth: new Map(Object.entries(USER)),
      tls: new Map([
        ['cert_file', '/etc/pki/node.pem'],
        ['key_file', '/etc/pki/node.key'],
      ]),
    });
  });

  it('warns of a username without a password', async () => {
    const configs = { 'cache.example.com': { username: 'cache' } };
    const { node, warnings } = await generate({ host: 'r.example.com', ...USER, mirrors, configs });
    expect(node.configs.get('cache.example.com')).toBeUndefined();
    expect(warnings).toContainEqual(expect.stringContaining('configs["cache.example.com"] has no password'));
  });
});

describe('registries.yaml', () => {
  it('has the entries of a minimal config', async () => {
    const config = readConfig(MISSION);
    const { yaml, warnings } = await runner.generate([config.selectPackage()]);
    const node = parseAsNode(yaml.reveal());
    expect([...node.mirrors]).toEqual([
      ['10.0.10.5:5000', { endpoint: ['http://10.0.10.5:5000'], rewrite: new Map() }],
      ['registry.technocore.co.za', { endpoint: ['https://registry.technocore.co.za'], rewrite: new Map() }],
    ]);
    expect([...node.configs]).toEqual([
      [
        'registry.technocore.co.za',
        { auth: new Map(Object.entries({ username: 'admin', password: '...' })), tls: new Map() },
      ],
    ]);
    expect(warnings).toEqual([expect.stringContaining('password of admin')]);
  });

  it('has the entries of a config with every option', async () => {
    const { node, warnings, summary } = await generate(
      {
        host: 'registry.example.com',
        port: 8443,
        username: 'admin',
        password: 'not for nodes',
        ca: 'certs/ca.pem',
        insecureSkipVerify: true,
        mirrors: {
          '*': { endpoint: 'https://cache.example.com' },
          'docker.io': {
            endpoint: ['https://cache.example.com/hub', 'http://[fd00::5]:5000'],
            rewrite: { '(.*)': 'dockerhub/$1' },
          },
          '[fd00::1]:5000': { endpoint: 'http://[fd00::1]:5000' },
          'registry.example.com:8443': { endpoint: 'https://registry.example.com:8443' },
        },
        pull: { username: 'robot$axion+pull', password: '${PULL}' },
      },
      { PULL: 'from the environment' },
    );
    expect(node.mirrors.get('docker.io')).toEqual({
      endpoint: ['https://cache.example.com/hub', 'http://[fd00::5]:5000'],
      rewrite: new Map([['(.*)', 'dockerhub/$1']]),
    });
    expect([...node.mirrors.keys()]).toEqual(['*', '[fd00::1]:5000', 'docker.io', 'registry.example.com:8443']);
    expect([...node.configs]).toEqual([
      [
        'registry.example.com:8443',
        {
          auth: new Map([
            ['username', 'robot$axion+pull'],
            ['password', 'from the environment'],
          ]),
          tls: new Map<string, unknown>([
            ['ca_file', '/factory/certs/ca.pem'],
            ['insecure_skip_verify', true],
          ]),
        },
      ],
    ]);
    expect(warnings).toEqual([
      expect.stringContaining('from /factory/certs/ca.pem'),
      expect.stringContaining('k3s 1.26.13 to 1.26.14, 1.27.10 to 1.27.11'),
    ]);
    expect(JSON.stringify(summary)).not.toContain('from the environment');
  });

  it('does not depend on the order in config.yaml, and contains no time and no secret outside auth', async () => {
    const mirrors = {
      'b.example.com': { endpoint: 'https://c.example.com' },
      'a.example.com': { endpoint: 'https://c.example.com' },
    };
    const turned = Object.fromEntries(Object.entries(mirrors).reverse());
    const one = await generate({ host: 'r.example.com', ...USER, mirrors });
    const other = await generate({ host: 'r.example.com', ...USER, mirrors: turned });
    expect(one.text).toBe(other.text);
    expect(one.text.split(USER.password)).toHaveLength(2);
    expect(one.text).toMatch(/^# .*shop/);
  });

  it('is a mapping also when it is empty', async () => {
    const { text, node } = await generate({ host: 'r.example.com' });
    expect(text).toMatch(/^\{\}$/m);
    expect(node.mirrors.size + node.configs.size).toBe(0);
  });
});

describe('the registry itself', () => {
  it.each([
    [
      'is plain http',
      { host: 'r.example.com:5000', mirrors: { '*': { endpoint: 'http://r.example.com:5000' } } },
      'r.example.com:5000',
      'http://r.example.com:5000',
    ],
    [
      'is http on loopback without a port, where k3s would take https',
      { host: 'localhost' },
      'localhost',
      'http://localhost',
    ],
    [
      'is https on a loopback port, where k3s would take http',
      { host: '127.0.0.1:5443', mirrors: { x: { endpoint: 'https://127.0.0.1:5443' } } },
      '127.0.0.1:5443',
      'https://127.0.0.1:5443',
    ],
    [
      'has a pull cache only',
      {
        host: 'r.example.com:80',
        mirrors: {
          'r.example.com:80': { endpoint: 'https://cache.example.com' },
          y: { endpoint: 'http://r.example.com' },
        },
      },
      'r.example.com:80',
      'http://r.example.com:80',
    ],
  ])('gets a mirror of its own when it %s', async (_why, registry, host, endpoint) => {
    const { node } = await generate({ ...registry, ...USER });
    expect(node.mirrors.get(host)?.endpoint.at(-1)).toBe(endpoint);
    const attempt = attemptsOf(node, host).find(({ scheme }) => endpoint.startsWith(`${scheme}:`));
    expect(attempt).toMatchObject(USER);
  });

  it('needs no mirror over https, where k3s finds its credentials by host', async () => {
    const { node } = await generate({ host: 'r.example.com', ...USER });
    expect(node.mirrors.size).toBe(0);
    expect(attemptsOf(node, 'r.example.com')).toEqual([
      { scheme: 'https', host: 'r.example.com', ...USER, caFile: undefined, insecure: false },
    ]);
  });

  it('has its credentials under each of its spellings, because k3s compares text', async () => {
    const { node } = await generate({
      host: 'r.example.com',
      ...USER,
      mirrors: {
        'r.example.com:443': { endpoint: 'https://R.example.com' },
        'other.example.com': { endpoint: ['https://r.example.com:5000', 'https://r.example.com.evil.example'] },
      },
      image: { registry: 'r.example.com:443' },
    });
    expect([...node.configs.keys()]).toEqual(['R.example.com', 'r.example.com', 'r.example.com:443']);
  });

  it('has the credentials of Docker Hub under both its names', async () => {
    const { node } = await generate({ host: 'docker.io', ...USER });
    expect([...node.configs.keys()]).toEqual(['docker.io', 'registry-1.docker.io']);
    expect(attemptsOf(node, 'docker.io')).toMatchObject([{ scheme: 'https', host: 'registry-1.docker.io', ...USER }]);
  });
});
