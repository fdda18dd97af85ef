import { describe, expect, it } from 'vitest';
import { minimal, readConfig } from '../../test/harness/config-text.ts';
import { ObjBuildRunnerK3s } from './k3s.ts';

const runner = new ObjBuildRunnerK3s();

/** Where a node looks for an image, under a config whose password is in a variable that is not set. */
function explain(image: string, mirrors = '{}', more = '', k3sVersion = '1.34.1') {
  const registry = `      username: puller\n      password: "\${NOT_SET}"\n      mirrors: ${mirrors}\n${more}`;
  return runner.explain([readConfig(minimal({ registry })).selectPackage()], image, { k3sVersion });
}

describe('explain', () => {
  it('lists a mirror with a rewrite, then the default endpoint without it', async () => {
    const mirrors = '{ docker.io: { endpoint: "https://registry.example.com", rewrite: { "(.*)": "dockerhub/$1" } } }';
    expect(await explain('python:3.12', mirrors)).toEqual({
      image: 'docker.io/library/python:3.12',
      mirror: 'docker.io',
      endpoints: [
        {
          url: 'https://registry.example.com/v2',
          repository: 'dockerhub/library/python',
          manifest: 'https://registry.example.com/v2/dockerhub/library/python/manifests/3.12',
          rewrite: { pattern: '(.*)', replacement: 'dockerhub/$1' },
          isDefault: false,
          tls: 'verified',
          username: 'puller',
        },
        {
          url: 'https://registry-1.docker.io/v2',
          repository: 'library/python',
          manifest: 'https://registry-1.docker.io/v2/library/python/manifests/3.12',
          isDefault: true,
          tls: 'verified',
        },
      ],
      warnings: [],
    });
  });

  it('shows credentials and CA of the own registry, and keeps a digest', async () => {
    const digest = `sha256:${'0'.repeat(64)}`;
    const { endpoints } = await explain(`registry.example.com/axion/api@${digest}`, '{}', '      ca: /etc/ca.pem');
    expect(endpoints).toEqual([
      expect.objectContaining({
        manifest: `https://registry.example.com/v2/axion/api/manifests/${digest}`,
        isDefault: true,
        tls: 'verified',
        caFile: '/etc/ca.pem',
        username: 'puller',
      }),
    ]);
  });

  it('applies the wildcard only to hosts without an entry of their own', async () => {
    const mirrors =
      '{ "*": { endpoint: "https://cache.example.com" }, quay.io: { endpoint: "https://quay.example.com" } }';
    const urls = async (image: string) => (await explain(image, mirrors)).endpoints.map(({ url }) => url);
    expect(await urls('ghcr.io/a/b')).toEqual(['https://cache.example.com/v2', 'https://ghcr.io/v2']);
    expect(await urls('quay.io/a/b')).toEqual(['https://quay.example.com/v2', 'https://quay.io/v2']);
    expect(await urls('registry.example.com/axion/b'), 'it has credentials').toEqual([
      'https://registry.example.com/v2',
    ]);
  });

  it('lists the default endpoint once when the mirror names it last, and twice when it names it earlier', async () => {
    const own = 'https://quay.io';
    const last = await explain('quay.io/a/b', `{ quay.io: { endpoint: [https://c.example.com, "${own}"] } }`);
    expect(last.endpoints.map(({ url, isDefault }) => [url, isDefault])).toEqual([
      ['https://c.example.com/v2', false],
      ['https://quay.io/v2', true],
    ]);
    const first = await explain('quay.io/a/b', `{ quay.io: { endpoint: ["${own}", https://c.example.com] } }`);
    expect(first.endpoints.map(({ url }) => url)).toEqual([
      'https://quay.io/v2',
      'https://c.example.com/v2',
      'https://quay.io/v2',
    ]);
  });

  it('tries the default endpoint after the wildcard, without its rewrites, also when the wildcard names it', async () => {
    const mirrors = '{ "*": { endpoint: [https://c.example.com, https://quay.io], rewrite: { "(.*)": "m/$1" } } }';
    const { endpoints } = await explain('quay.io/o/i:1', mirrors);
    expect(endpoints.map(({ url, repository, isDefault }) => [url, repository, isDefault])).toEqual([
      ['https://c.example.com/v2', 'm/o/i', false],
      ['https://quay.io/v2', 'm/o/i', false],
      ['https://quay.io/v2', 'o/i', true],
    ]);
  });

  it.each(['1.29.2', '1.31.6', 'v1.32.2+k3s1'])(
    'leaves out the default endpoint after the wildcard for k3s %s',
    async (version) => {
      const { endpoints, warnings } = await explain(
        'quay.io/o/i:1',
        '{ "*": { endpoint: [https://c.example.com] } }',
        '',
        version,
      );
      expect(endpoints.map(({ url }) => url)).toEqual(['https://c.example.com/v2']);
      expect(warnings).toEqual([
        expect.stringContaining(`k3s ${version} cannot pull from the registry that an image names`),
      ]);
    },
  );

  it.each([
    ['1.29.3', undefined],
    ['1.29.4', '/etc/ca.pem'],
  ])('uses the CA of a registry without a mirror as k3s %s does: %s', async (version, caFile) => {
    const { endpoints, warnings } = await explain('registry.example.com/a/b', '{}', '      ca: /etc/ca.pem', version);
    expect(endpoints.map((endpoint) => endpoint.caFile)).toEqual([caFile]);
    expect(warnings).toHaveLength(caFile === undefined ? 1 : 0);
  });

  it('rejects what is not a version of k3s', async () => {
    await expect(explain('quay.io/a/b', '{}', '', 'latest')).rejects.toMatchObject({ code: 'USAGE' });
  });

  it.each([
    ['[fd00::1]:5000/a/b', 'https://[fd00::1]:5000/v2'],
    ['[::1]:5000/a/b', 'http://[::1]:5000/v2'],
    ['localhost:5000/a/b', 'http://localhost:5000/v2'],
    ['localhost:443/a/b', 'https://localhost:443/v2'],
    ['127.0.0.1:5000/a/b', 'http://127.0.0.1:5000/v2'],
    ['10.0.10.5:5000/a/b', 'https://10.0.10.5:5000/v2'],
  ])('gives %s the default endpoint %s', async (image, url) => {
    expect((await explain(image)).endpoints).toMatchObject([{ url, isDefault: true }]);
  });

  it('keeps the path of an endpoint', async () => {
    const { endpoints } = await explain('quay.io/a/b', '{ quay.io: { endpoint: "https://c.example.com/v2/quay" } }');
    expect(endpoints[0]?.manifest).toBe('https://c.example.com/v2/quay/a/b/manifests/latest');
  });

  it('reports no TLS over http, and unverified TLS when the config says so', async () => {
    const mirrors =
      '{ registry.example.com: { endpoint: ["https://registry.example.com", "http://registry.example.com:80"] } }';
    const { endpoints } = await explain('registry.example.com/a/b', mirrors, '      insecureSkipVerify: true');
    expect(endpoints.map(({ tls }) => tls)).toEqual(['unverified', 'none', 'unverified']);
  });

  it('warns when k3s may apply any of several rewrites', async () => {
    const { warnings } = await explain(
      'quay.io/a/b',
      '{ quay.io: { endpoint: "https://c", rewrite: { a: x, b: y } } }',
    );
    expect(warnings).toEqual([expect.stringContaining('may use either')]);
  });

  it.each(['a{1001}', 'a(?=b)', '('])('says that k3s ignores the rewrite %s', async (pattern) => {
    const { warnings, endpoints } = await explain(
      'quay.io/a/b',
      `{ quay.io: { endpoint: "https://c", rewrite: { "${pattern}": x } } }`,
    );
    expect(warnings).toEqual([`k3s cannot compile the rewrite "${pattern}" and ignores it`]);
    expect(endpoints[0]?.repository).toBe('a/b');
  });

  it('rejects an invalid image reference', async () => {
    await expect(explain('https://a/b')).rejects.toMatchObject({ code: 'REFERENCE_INVALID' });
  });
});
