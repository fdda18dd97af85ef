import { describe, expect, it } from 'vitest';
import { issuesIn, minimal, readConfig } from '../../../test/harness/config-text.ts';
import { formatIssue } from './issues.ts';

/** `line:column severity key: message` of every issue in a text. */
function found(text: string, env = {}, strict = false): readonly string[] {
  return issuesIn(text, { env, strict }).map(
    ({ line, column, severity, path, message }) =>
      `${line}:${column} ${severity} ${path.replace('shop.deployment.', '')}: ${message}`,
  );
}

// In `minimal()` the lines after registry.project are 7 and on, those after image.dockerfile 11 and on.
const inRegistry = (...lines: string[]) => minimal({ registry: lines.map((line) => `      ${line}`).join('\n') });
const inImage = (...lines: string[]) => minimal({ image: lines.map((line) => `      ${line}`).join('\n') });
const inDeployment = (...lines: string[]) => minimal({ deployment: lines.map((line) => `    ${line}`).join('\n') });
const without = (key: string) => minimal().replace(new RegExp(`^ *${key}:.*\n`, 'm'), '');

it('finds no issues in a valid file', () => expect(found(minimal())).toEqual([]));

describe('a text that is not a YAML mapping', () => {
  it.each([
    ['an empty file', '', '1:1', 'the file is empty'],
    ['only comments', '# nothing\n', '1:1', 'the file is empty'],
    ['a text', 'hello\n', '1:1', 'contains only a text'],
    ['a list', '- a\n- b\n', '1:1', 'contains a list'],
    ['a tab', 'shop:\n\tdeployment: {}\n', '2:1', 'a tab is used as indentation'],
    ['an open quote', 'a: "b\n', '2:1', 'a quote, bracket, comma, colon or space is missing'],
    ['an open bracket', 'a: [1\nb: 2\n', '2:1', 'not valid YAML'],
    ['two documents', 'a: 1\n---\nb: 2\n', '2:1', 'more than one YAML document'],
    ['an alias of nothing', 'a: *\n', '1:4', 'not valid YAML'],
    ['a reserved character', 'a: @b\n', '1:4', 'a reserved character'],
    ['wrong indentation', 'a:\n    b: 1\n  c: 2\n', '3:1', 'not valid YAML'],
    ['a duplicate key', 'a: 1\na: 2\n', '2:1', 'the key is in the mapping twice'],
  ])('is an error: %s', (_name, text, at, message) => {
    const issues = found(text);
    expect(issues.join('\n')).toContain(message);
    expect(issues.map((issue) => issue.split(' ')[0])).toContain(at);
  });

  it('shows a tab in the excerpt and says how to correct it', () => {
    const [issue] = issuesIn('shop:\n\tdeployment: {}\n');
    expect(issue?.excerpt).toBe('→deployment: {}');
    expect(issue?.hint).toContain('Replace the tab');
  });

  it('reports several syntax errors at once', () => {
    expect(found('a: @b\nc: "x\\q"\n').length).toBeGreaterThan(1);
  });
});

describe('a value of the wrong YAML type', () => {
  it.each([
    [inRegistry('port: [1]'), '7:7', 'registry.port: must be text, not a list'],
    [inRegistry('mirrors: x'), '7:16', 'registry.mirrors: must be a mapping, not text'],
    [inRegistry('mirrors: { a.b: "https://a.b" }'), '7:23', 'registry.mirrors["a.b"]: must be a mapping, not text'],
    [inRegistry('mirrors: { a.b: { endpoint: { x: 1 } } }'), '7:25', 'endpoint: must be text or a list, not a mapping'],
    [inImage('platforms: linux/amd64'), '11:18', 'image.platforms: must be a list, not text'],
    [inImage('services: [[a]]'), '11:18', 'image.services[0]: must be text, not a list'],
    [
      'shop: { deployment: { image: nginx, registry: { type: x, host: a.b } } }',
      '1:30',
      'image: must be a mapping, not text',
    ],
    [minimal({ top: 'docker: 5' }), '1:9', 'docker: must be a mapping, not text'],
    [minimal({ top: 'active: [shop]' }), '1:1', 'active: must be text, not a list'],
  ])('%#', (text, at, message) => {
    const issues = found(text);
    expect(issues).toHaveLength(1);
    expect(issues[0]).toContain(`${at} error`);
    expect(issues[0]).toContain(message);
  });
});

describe('an entry of scan.allow', () => {
  const now = new Date('2026-06-01T23:30:00Z');
  const allowing = (until: string) => inDeployment(`scan: { allow: [{ id: CVE-1, reason: x, until: ${until} }] }`);
  const dates = (until: string, strict: boolean) =>
    issuesIn(allowing(until), { strict, now }).map(({ severity, path, message }) => [severity, path, message]);
  const key = 'shop.deployment.scan.allow[0].until';

  it.each([
    ['2026-05-31', 'expired on 2026-05-31: allows nothing'],
    ['2020-01-01', 'expired on 2020-01-01: allows nothing'],
  ])('that has expired is a warning, and an error when strict: %s', (until, message) => {
    expect(dates(until, false)).toEqual([['warning', key, message]]);
    expect(dates(until, true)).toEqual([['error', key, message]]);
  });

  it.each([
    ['2026-06-01', 'expires today'],
    ['2026-06-02', 'expires in 1 day'],
    ['2026-06-15', 'expires in 14 days'],
  ])('that expires within two weeks is a warning, also when strict: %s', (until, message) => {
    for (const strict of [false, true]) expect(dates(until, strict)).toEqual([['warning', key, message]]);
  });

  it('that is valid for longer is no problem, and neither is one without an end', () => {
    expect(dates('2026-06-16', true)).toEqual([]);
    expect(found(inDeployment('scan: { allow: [{ id: CVE-1, reason: x }] }'), {}, true)).toEqual([]);
  });

  it('that has expired does not keep a command from its work, even when strict', () => {
    const config = readConfig(allowing('2026-05-31'), { strict: true, now });
    expect(config.selectPackage().name).toBe('shop');
    expect(config.warningsFor('shop')).toMatchObject([{ severity: 'warning', path: key }]);
  });
});

describe('a required key', () => {
  it.each([
    ['type', '3:5', 'registry.type: is missing'],
    ['project', '3:5', 'registry.project: is missing: a Harbor needs a project'],
    ['host', '3:5', 'registry.host: is missing: the config has no registry host'],
    ['repository', '7:5', 'image.repository: is missing'],
    ['dockerfile', '7:5', 'image.dockerfile: is missing'],
  ])('is an error when absent or empty: %s', (key, at, message) => {
    expect(found(without(key))).toEqual([`${at} error ${message}`]);
    // An empty text and a key without a value count as absent.
    for (const empty of ['""', '', '~', 'null', "''"]) {
      const issues = found(minimal().replace(new RegExp(`^( *${key}:).*`, 'm'), `$1 ${empty}`));
      expect(issues.map((issue) => issue.replace(/^\S+ /, ''))).toEqual([`error ${message}`]);
    }
  });

  it('is reported at its section, with all other absent keys', () => {
    expect(found('shop:\n  deployment:\n    image:\n')).toEqual([
      '2:3 error registry: is missing',
      '2:3 error registry.host: is missing: the config has no registry host',
      '3:5 error image: is missing',
    ]);
  });

  it('is explained by its hint: the types are harbor and registry', () => {
    expect(issuesIn(without('type'))[0]?.hint).toMatch(/"harbor".*plain registry/);
  });

  it('may be absent: a plain registry needs no project', () => {
    expect(found(without('project').replace('type: harbor', 'type: registry'))).toEqual([]);
  });

  it('is a package with an image', () => {
    const text = 'other:\n  deployment:\n    replicas: 3\n';
    expect(found(text)).toEqual(['1:1 error : the file has no package: no top-level key has "deployment.image"']);
  });
});

describe('unknown keys', () => {
  it.each([
    [
      'registry',
      inRegistry('pasword: hunter2'),
      '7:7 warning registry.pasword: unknown key "pasword" (did you mean "password"?)',
    ],
    [
      'registry',
      inRegistry('autoScan: true'),
      '7:7 warning registry.autoScan: unknown key "autoScan" (did you mean "auto_scan"?)',
    ],
    [
      'image',
      inImage('dockerFile: x'),
      '11:7 warning image.dockerFile: unknown key "dockerFile" (did you mean "dockerfile"?)',
    ],
    [
      'compile',
      inDeployment('compile: { job: 1 }'),
      '3:16 warning compile.job: unknown key "job" (did you mean "jobs"?)',
    ],
    [
      'k3s',
      inDeployment('k3s: { outptu: x }'),
      '3:12 warning k3s.outptu: unknown key "outptu" (did you mean "output"?)',
    ],
    [
      'docker',
      minimal({ top: 'docker: { registryHost: a.b }' }),
      '1:11 warning docker.registryHost: unknown key "registryHost" (did you mean "registryhost"?)',
    ],
    [
      'a mirror',
      inRegistry('mirrors: { a.b: { endpoints: [] } }'),
      '7:25 warning registry.mirrors["a.b"].endpoints: unknown key "endpoints" (did you mean "endpoint"?)',
    ],
  ])('in %s are warnings, and errors when strict', (_section, text, issue) => {
    expect(found(text)).toEqual([issue]);
    expect(found(text, {}, true)).toEqual([issue.replace('warning', 'error')]);
  });

  it('in scan are always errors, also in its lists', () => {
    expect(found(inDeployment('scan: { failon: high }'))).toEqual([
      '3:13 error scan.failon: unknown key "failon" (did you mean "failOn"?)',
    ]);
    expect(found(inDeployment('scan: { allow: [{ id: CVE-1, reason: x, untill: 2026-01-01 }] }'))).toEqual([
      '3:45 error scan.allow[0].untill: unknown key "untill" (did you mean "until"?)',
    ]);
  });

  it('do not show their value, because it may be a password', () => {
    const [issue] = issuesIn(inRegistry('pasword: "hunter2"'));
    expect(issue?.excerpt).toBe('      pasword: ***');
  });

  it('are reported together with errors', () => {
    expect(found(inRegistry('prot: 1', 'port: x'))).toEqual([
      '7:7 warning registry.prot: unknown key "prot" (did you mean "port"?)',
      '8:13 error registry.port: "x" is not a port',
    ]);
  });
});

describe('content that belongs to other tools', () => {
  it.each([
    ['a top-level key', minimal({ top: 'other: { registry: 5, image: [], port: x, a: 1, a: 2 }' })],
    ['a key of deployment', inDeployment('replicas: x', 'env: { password: [], a: 1, a: 2 }', 'regsitry: {}')],
    ['a key next to deployment', `${minimal()}  image: 5\n  registry: {}\n`],
    ['a top-level deployment without image', `web:\n  deployment: { registry: 5, scan: { x: 1 } }\n${minimal()}`],
    ['a value with YAML tags', minimal({ top: 'other: !vault\n  a: !Ref b' })],
    ['a mapping with keys that are not text', minimal({ top: 'other: { [a, b]: 1, { c: d }: 2 }' })],
  ])('is not checked: %s', (_name, text) => expect(found(text)).toEqual([]));
});

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

describe('formatIssue', () => {
  it('leaves the severity to a text that begins with it', () => {
    const [issue] = issuesIn(inRegistry('port: 99999'));
    expect(issue && formatIssue(issue, { severity: false })).toMatch(/^\/factory\/config\.yaml:7:13: shop\.deployment/);
  });

  it('has the position, the message, the line of the file and the hint', () => {
    const [issue] = issuesIn(inRegistry('port: 99999'));
    expect(issue && formatIssue(issue)).toBe(
      [
        '/factory/config.yaml:7:13: error: shop.deployment.registry.port: "99999" is not a port',
        '     7 |       port: 99999',
        '       = A port is a number from 1 to 65535.',
      ].join('\n'),
    );
  });
});
