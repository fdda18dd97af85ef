import { describe, expect, it } from 'vitest';
import { errorOf, minimal, readConfig } from '../../test/harness/config-text.ts';

const one = minimal();
const two = `${minimal()}homechoice:\n${minimal().split('\n').slice(1).join('\n')}`;
const chosen = (text: string, name?: string, env = {}) => readConfig(text, { env }).selectPackage(name).name;

describe('selectPackage', () => {
  it('selects the given package, else OBJDOCKER_PACKAGE, else active, else the only one', () => {
    const active = `active: homechoice\n${two}`;
    expect(chosen(active, 'shop', { OBJDOCKER_PACKAGE: 'homechoice' })).toBe('shop');
    expect(chosen(active, undefined, { OBJDOCKER_PACKAGE: 'shop' })).toBe('shop');
    expect(chosen(active, undefined, { OBJDOCKER_PACKAGE: '' })).toBe('homechoice');
    expect(chosen(active)).toBe('homechoice');
    expect(chosen(`active: ""\n${one}`)).toBe('shop');
    expect(chosen(one)).toBe('shop');
  });

  it('expands a variable in active', () => {
    const text = `active: \${PKG}\n${two}`;
    expect(chosen(text, undefined, { PKG: 'shop' })).toBe('shop');
    expect(errorOf(() => chosen(text))).toMatchObject({
      code: 'VARIABLE_UNSET',
      message: expect.stringContaining('config.yaml:1:9'),
    });
    expect(chosen(text, 'homechoice')).toBe('homechoice');
  });

  it('fails when there are several packages and none is selected, and lists them', () => {
    const error = errorOf(() => chosen(two));
    expect(error.code).toBe('PACKAGE_AMBIGUOUS');
    expect(error.message).toContain('"shop", "homechoice"');
    expect(error.hint).toContain('OBJDOCKER_PACKAGE');
    expect(error.details).toEqual({ packages: ['shop', 'homechoice'] });
  });

  it.each([
    [
      'an argument',
      two,
      'homechoise',
      {},
      'there is no package "homechoise" in /factory/config.yaml (did you mean "homechoice"?)',
    ],
    [
      'the environment',
      two,
      undefined,
      { OBJDOCKER_PACKAGE: 'shpo' },
      '(from OBJDOCKER_PACKAGE) (did you mean "shop"?)',
    ],
    [
      'active',
      `active: docker\n${one}`,
      undefined,
      {},
      'there is no package "docker" in /factory/config.yaml (from "active:")',
    ],
    ['a name of an inherited property', one, '__proto__', {}, 'there is no package "__proto__"'],
    ['an empty name', one, '', {}, 'there is no package ""'],
    ['a hostile name', one, '\u001b[31m'.repeat(5_000), {}, 'there is no package "\\e[31m'],
  ])('fails for an unknown package from %s', (_name, text, name, env, message) => {
    const error = errorOf(() => chosen(text, name, env));
    expect(error.code).toBe('PACKAGE_UNKNOWN');
    expect(error.message).toContain(message);
    expect(error.message.length).toBeLessThan(1_000);
    expect(error.hint).toContain('"shop"');
  });

  it('fails when the file has no package', () => {
    const error = errorOf(() => chosen('web: { deployment: { replicas: 1 } }\n', 'web'));
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain('no top-level key has "deployment.image"');
  });
});

describe('the issues of a package', () => {
  const broken = two.replace('repository: shop', 'repository: Shop').replace('tag: "1"', 'tag: a+b');

  it('are thrown together when the package is selected', () => {
    const config = readConfig(broken);
    expect(config.packages).toEqual(['shop', 'homechoice']);
    expect(config.selectPackage('homechoice').name).toBe('homechoice');
    const error = errorOf(() => config.selectPackage('shop'));
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toMatch(
      /^\/factory\/config\.yaml has 2 problems:\n.*:8:19: .*repository: .*\n.*\n.*\n.*:9:12: .*tag: /,
    );
    expect(error.details.issues).toMatchObject([
      {
        severity: 'error',
        file: '/factory/config.yaml',
        line: 8,
        column: 19,
        path: 'shop.deployment.image.repository',
        package: 'shop',
      },
      { line: 9, column: 12, path: 'shop.deployment.image.tag', package: 'shop' },
    ]);
  });

  it('include those of the keys that all packages share', () => {
    const config = readConfig(`docker: { registryport: x }\n${two}`);
    expect(errorOf(() => config.selectPackage('shop')).message).toContain('docker.registryport: "x" is not a port');
    expect(errorOf(() => config.selectPackage('homechoice')).message).toContain('docker.registryport');
  });

  it('are only warnings for unknown keys, unless strict', () => {
    const text = `docker: { registryhots: a }\n${two.replace('project: axion', 'project: axion\n      prot: 1')}`;
    const config = readConfig(text);
    expect(config.selectPackage('shop').name).toBe('shop');
    expect(config.warnings.map(({ path }) => path)).toEqual(['docker.registryhots', 'shop.deployment.registry.prot']);
    expect(config.warningsFor('homechoice').map(({ path }) => path)).toEqual(['docker.registryhots']);
    expect(errorOf(() => readConfig(text, { strict: true }).selectPackage('shop')).message).toContain('has 2 problems');
  });
});
