import { describe, expect, it } from 'vitest';
import { createConfig } from '../../config/config.ts';
import { parseConfigText } from '../../config/yaml/document.ts';
import { packagesSharingRegistries } from './shared-registries.ts';

function packageOf(
  output?: string,
  image: object = { repository: 'shop', tag: '1', dockerfile: 'Dockerfile' },
): object {
  const k3s = output === undefined ? {} : { k3s: { output } };
  return { deployment: { registry: { type: 'registry', host: 'registry.example.com' }, image, ...k3s } };
}

function names(packages: Readonly<Record<string, object>>): readonly string[] | undefined {
  const config = createConfig(parseConfigText(JSON.stringify(packages), '/srv/config.yaml'), {
    env: {},
    strict: false,
  });
  return packagesSharingRegistries(config.selectPackage('a'), config)?.map(({ name }) => name);
}

describe('registriesOf', () => {
  it('returns undefined for a package that writes no registries.yaml', () => {
    expect(names({ a: packageOf(), b: packageOf('out/registries.yaml') })).toBeUndefined();
  });

  it('returns all packages that write the same file, however its path is spelled', () => {
    const packages = {
      b: packageOf('./out/../out/registries.yaml'),
      a: packageOf('out/registries.yaml'),
      c: packageOf('other/registries.yaml'),
      d: packageOf(),
    };
    expect(names(packages)).toEqual(['b', 'a']);
  });

  it('fails when another package is invalid', () => {
    const packages = {
      a: packageOf('out/registries.yaml'),
      b: packageOf('out/registries.yaml', { repository: 'NO', tag: '1' }),
    };
    expect(() => names(packages)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});
