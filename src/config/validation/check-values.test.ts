import { describe, expect, it } from 'vitest';
import { issuesIn, minimal } from '../../../test/harness/config-text.ts';
import { found, inDeployment, inImage, inRegistry, without } from './found.fixture.ts';

describe('a value', () => {
  it.each([
    [inRegistry('port: 0'), '7:13', '"0" is not a port'],
    [inRegistry('port: 65536'), '7:13', '"65536" is not a port'],
    [inRegistry('port: -1'), '7:13', '"-1" is not a port'],
    [inRegistry('port: 5e3'), '7:13', '"5e3" is not a port'],
    [inRegistry('auto_scan: maybe'), '7:18', '"maybe" is not a boolean'],
    [inRegistry('username: "a:b"'), '7:17', 'a user name must not contain ":"'],
    [inRegistry('pull: { username: "a:b" }'), '7:25', 'a user name must not contain ":"'],
    [
      minimal().replace('project: axion', 'project: Axion'),
      '6:16',
      '"Axion" is not a project: the project must be lower case',
    ],
    [minimal().replace('project: axion', 'project: a/b'), '6:16', 'is not a Harbor project: it contains "/"'],
    [minimal().replace('project: axion', `project: ${'a'.repeat(300)}`), '6:16', 'longer than 255'],
    [
      minimal().replace('host: registry.example.com', 'host: https://registry.example.com/axion'),
      '5:13',
      'is a URL, not a host',
    ],
    [minimal().replace('host: registry.example.com', 'host: registry.example.com/axion'), '5:13', 'contains a path'],
    [minimal().replace('host: registry.example.com', 'host: registry example'), '5:13', 'is not a host'],
    [minimal().replace('host: registry.example.com', 'host: a.b:99999'), '5:13', 'not between 1 and 65535'],
    [minimal().replace('host: registry.example.com', 'host: "2001:db8::1"'), '5:13', 'is not a host'],
    [minimal().replace('host: registry.example.com', 'host: 10.0.10.999'), '5:13', 'is not a valid address'],
    [minimal().replace('host: registry.example.com', 'host: "[:::::]"'), '5:13', 'is not a valid address'],
    [
      minimal().replace('host: registry.example.com', 'host: registry'),
      '5:13',
      'Docker would read "registry" as a user of Docker Hub',
    ],
    [inRegistry('mirrors: { "a b": {} }'), '7:18', '"a b" is not a host'],
    [inRegistry('mirrors: { a.b: { endpoint: a.b } }'), '7:35', '"a.b" is not an http or https URL'],
    [inRegistry('mirrors: { a.b: { endpoint: "ftp://a.b" } }'), '7:35', 'is not an http or https URL'],
    [inRegistry('mirrors: { a.b: { endpoint: "https://" } }'), '7:35', 'is not an http or https URL'],
    [inRegistry('mirrors: { a.b: { endpoint: "https://a.b:99999" } }'), '7:35', 'not between 1 and 65535'],
    [
      inRegistry('mirrors: { a.b: { endpoint: ["https://a.b", "https://a.b?x"] } }'),
      '7:51',
      'has a query or a fragment',
    ],
    [minimal().replace('repository: shop', 'repository: Shop'), '8:19', 'must be lower case'],
    [minimal().replace('repository: shop', 'repository: a//b'), '8:19', 'an empty part between slashes'],
    [minimal().replace('repository: shop', 'repository: /a'), '8:19', 'an empty part between slashes'],
    [minimal().replace('repository: shop', 'repository: shop:1'), '8:19', 'is not a repository'],
    [
      minimal().replace('repository: shop', 'repository: registry.example.com/shop'),
      '8:19',
      "starts with the registry's host",
    ],
    [minimal().replace('repository: shop', `repository: ${'a'.repeat(300)}`), '8:19', 'longer than 255'],
    [minimal().replace('repository: shop', `repository: ${'a'.repeat(240)}`), '8:19', 'together are longer than 255'],
    [minimal().replace('tag: "1"', 'tag: 1.0+4'), '9:12', '"1.0+4" is not a tag'],
    [minimal().replace('tag: "1"', 'tag: -1'), '9:12', '"-1" is not a tag'],
    [minimal().replace('tag: "1"', `tag: ${'a'.repeat(129)}`), '9:12', 'longer than 128'],
    [
      minimal().replace('dockerfile: Dockerfile', 'dockerfile: https://a.b/Dockerfile'),
      '10:19',
      'is a URL, not a path',
    ],
    [inImage('context: git@example.com:x.git'), '11:16', 'is a URL, not a path'],
    [
      inImage('baseImage: Python:3'),
      '11:18',
      '"Python:3" is not an image reference: the repository must be lower case',
    ],
    [inImage('services: [api, Api]'), '11:23', '"Api" is not a service'],
    [inImage('services: [a/b]'), '11:18', '"a/b" is not a service'],
    [inImage('services: [api, api]'), '11:7', '"api" is in the list twice'],
    [inImage('platforms: [amd64]'), '11:19', '"amd64" is not a platform'],
    [inImage('platforms: [linux/amd46]'), '11:19', '"linux/amd46" is not a platform'],
    [inImage('platforms: ["linux/amd64,linux/arm64"]'), '11:19', 'is not a platform'],
    [inImage('buildArgs: { "A=B": 1 }'), '11:20', '"A=B" is not a valid name of a build argument'],
    [
      inImage('buildArgs: { A: "https://ci:hunter2@pypi.example.com" }'),
      '11:23',
      'the build argument contains a URL with credentials',
    ],
    [
      inImage('buildArgs: { A: "https://ci:${TOKEN}@pypi.example.com" }'),
      '11:23',
      'the build argument contains a URL with credentials',
    ],
    [inImage('secrets: { pip: { env: A, file: b } }'), '11:18', 'image.secrets.pip: has both env and file'],
    [inImage('secrets: { pip: {} }'), '11:18', 'image.secrets.pip: has neither env nor file'],
    [inImage('secrets: { pip: { env: "${A}x-" , file: "" } }'), '', ''],
    [inImage('secrets: { pip: { env: "A B" } }'), '11:30', '"A B" is not a valid name of an environment variable'],
    [inImage('secrets: { "p,ip": { env: A } }'), '11:18', '"p,ip" is not a valid id of a build secret'],
    [inImage('builder: "--rm"'), '11:16', 'starts with "-"'],
    [
      inImage('cacheTo: ["type=s3,secret_access_key=hunter2"]'),
      '11:17',
      '"secret_access_key" would put a secret in the arguments',
    ],
    [inDeployment('compile: { jobs: 0 }'), '3:22', '"0" is not a number from 1'],
    [inDeployment('compile: { include: [/abs] }'), '3:26', 'is not a glob below the source root'],
    [inDeployment('compile: { exclude: [a/../../b] }'), '3:26', 'is not a glob below the source root'],
    [inDeployment('compile: { directives: { "a-b": 1 } }'), '3:30', 'is not a valid name of a Cython directive'],
    [inDeployment('scan: { failOn: severe }'), '3:21', '"severe" is not critical, high, medium, low or none'],
    [inDeployment('scan: { unknown: maybe }'), '3:22', '"maybe" is not pass or fail'],
    [inDeployment('scan: { timeout: 15 }'), '3:22', '"15" is not a duration'],
    [inDeployment('scan: { timeout: 0m }'), '3:22', '"0m" is not longer than 0'],
    [inDeployment('scan: { allow: [{ reason: x }] }'), '3:21', 'scan.allow[0].id: is missing'],
    [inDeployment('scan: { allow: [{ id: CVE-1, reason: "" }] }'), '3:42', 'scan.allow[0].reason: is missing'],
    [inDeployment('scan: { allow: [{ id: CVE-1, reason: x, until: tomorrow }] }'), '3:52', '"tomorrow" is not a date'],
    [
      inDeployment('scan: { allow: [{ id: CVE-1, reason: x, until: 2026-02-29 }] }'),
      '3:52',
      '"2026-02-29" is not a date',
    ],
  ])('%#', (text, at, message) => {
    const issues = found(text);
    if (message === '') return expect(issues).toEqual([]);
    expect(issues).toHaveLength(1);
    expect(issues[0]).toContain(`${at} error`);
    expect(issues[0]).toContain(message);
  });
});

describe('a combination of keys', () => {
  it.each([
    [
      'a port, and a different one in the host',
      inRegistry('port: 5001').replace('example.com', 'example.com:5000'),
      '7:13',
      'the port is 5001, and the host "registry.example.com:5000" has a different port',
    ],
    [
      'a port without a host',
      `docker: { registryhost: a.b }\n${without('host')}`.replace('project: axion', 'project: axion\n      port: 1'),
      '7:13',
      'registry.port: has no effect without registry.host',
    ],
    [
      'a registryport, and a different one in registryhost',
      minimal({ top: 'docker: { registryhost: "a.b:1", registryport: 2 }' }),
      '1:48',
      'the port is 2, and the host "a.b:1" has a different port',
    ],
    [
      'a Harbor, and image names with another host',
      inImage('registry: other.example.com'),
      '11:17',
      'image names would have the host "other.example.com", but the Harbor is "registry.example.com"',
    ],
    [
      'a Harbor, and image names with another port',
      inImage('registry: registry.example.com:5000'),
      '11:17',
      'image names would have the host',
    ],
    [
      'password and passwordFile',
      inRegistry('username: a', 'password: b', 'passwordFile: c'),
      '9:21',
      'cannot be combined with password',
    ],
    [
      'password and passwordFile of nodes',
      inRegistry('pull: { username: a, password: b, passwordFile: c }'),
      '7:55',
      'cannot be combined with password',
    ],
    ['a password without a user', inRegistry('password: b'), '7:17', 'has no effect without username'],
    ['a passwordFile without a user', inRegistry('passwordFile: b'), '7:21', 'has no effect without username'],
    [
      'services, and a package whose name cannot be part of an image name',
      inImage('services: [api]').replace('shop:', 'Shop:'),
      '1:1',
      '"Shop" cannot be part of an image name',
    ],
  ])('is an error: %s', (_name, text, at, message) => {
    const issues = found(text);
    expect(issues).toHaveLength(1);
    expect(issues[0]).toContain(`${at} error`);
    expect(issues[0]).toContain(message);
  });

  it.each([
    ['the same port twice', inRegistry('port: "5000"').replace('example.com', 'example.com:5000')],
    ['the default port in one of the two hosts', inImage('registry: registry.example.com:443')],
    ['a host in another case', inImage('registry: Registry.Example.com')],
    [
      'http and its default port',
      inImage('registry: registry.example.com:80').replace(
        'project: axion',
        'project: axion\n      mirrors: { registry.example.com: { endpoint: "http://registry.example.com" } }',
      ),
    ],
    [
      'a plain registry, and image names with another host',
      inImage('registry: other.example.com').replace('harbor', 'registry'),
    ],
    [
      'a password from a variable and no passwordFile',
      inRegistry('username: a', 'password: ${PW}', 'passwordFile: ""'),
    ],
    ['a user without a password', inRegistry('username: a', 'password: ""')],
    ['a package without services, with any name', minimal().replace('shop:', 'Shop Front:')],
  ])('is allowed: %s', (_name, text) => expect(found(text)).toEqual([]));

  it('warns of a type that looks like a misspelled harbor', () => {
    expect(found(minimal().replace('type: harbor', 'type: habor'))).toEqual([
      '4:13 warning registry.type: "habor" means a plain registry (did you mean "harbor"?)',
    ]);
  });

  it('is an error: active with an unknown package', () => {
    expect(found(minimal({ top: 'active: shpo' }))).toEqual([
      '1:9 error active: there is no package "shpo" (did you mean "shop"?)',
    ]);
  });
});

describe('a value with YAML syntax of its own', () => {
  it.each([
    ['an anchor for a password', inRegistry('username: a', 'password: &hunter2'), '8:7', 'has a YAML anchor'],
    ['a tag for a password', inRegistry('username: a', 'password: !hunter2'), '8:7', 'has a YAML tag'],
    [
      'an alias for a password',
      inRegistry('username: a', 'password: *hunter2'),
      '8:17',
      'there is no anchor for this alias',
    ],
    ['a merge without an anchor', inImage('<<: *defaults'), '11:11', 'there is no anchor for this alias'],
    ['a duplicate key', inImage('tag: "2"'), '11:7', 'the key is in the mapping twice'],
    ['a duplicate deployment', `${minimal()}  deployment: {}\n`, '11:3', 'the key is in the mapping twice'],
    ['a duplicate package', `${minimal()}shop: {}\n`, '11:1', 'the key is in the mapping twice'],
    [
      'a lone ${',
      inRegistry('username: a', 'password: "hunter${2"'),
      '8:17',
      'contains "${" without the name of a variable',
    ],
    [
      'a default value as in a shell',
      inImage('builder: "${B:-x}"'),
      '11:16',
      'contains "${" without the name of a variable',
    ],
  ])('is an error that does not show the value: %s', (_name, text, at, message) => {
    const issues = issuesIn(text);
    expect(found(text).join('\n')).toContain(`${at} error`);
    expect(found(text).join('\n')).toContain(message);
    expect(JSON.stringify(issues.map(({ excerpt, message, hint }) => [excerpt, message, hint]))).not.toContain(
      'hunter',
    );
  });

  it('is resolved: aliases and merges', () => {
    const text = `x-registry: &registry\n  type: harbor\n  host: a.b\n  project: Axion\n${minimal().replace(/registry:\n.*\n.*\n.*\n/, 'registry:\n      <<: *registry\n      project: axion\n')}`;
    expect(found(text)).toEqual([]);
    expect(found(text.replace('      project: axion\n', ''))).toEqual([
      '4:12 error registry.project: "Axion" is not a project: the project must be lower case',
    ]);
  });
});

describe('a value with variables', () => {
  const text = inRegistry('port: ${PORT}');
  it('is not checked when a variable is not set', () => expect(found(text)).toEqual([]));
  it('is checked when all variables are set', () => {
    expect(found(text, { PORT: 'x' })).toEqual(['7:13 error registry.port: "x" is not a port']);
    expect(found(text, { PORT: '5000' })).toEqual([]);
  });
  it('is checked by the rules for several keys', () => {
    expect(found(inImage('registry: ${R}'), { R: 'other.example.com' })[0]).toContain(
      'image names would have the host',
    );
  });
});
