import { describe, expect, it } from 'vitest';
import { issuesIn, minimal, readConfig } from '../../../test/harness/config-text.ts';
import { found, inDeployment, inImage, inRegistry, without } from './found.fixture.ts';
import { formatIssue } from './issues.ts';

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
