import { describe, expect, it } from 'vitest';
import type { CompileConfig } from '../config/package.ts';
import { ObjCompile } from './obj-compile.ts';

const config = (parts: Partial<CompileConfig>): CompileConfig => ({
  include: [],
  exclude: [],
  directives: {},
  ...parts,
});

describe('ObjCompile', () => {
  it('has no build arguments for an empty config', () => {
    expect(new ObjCompile(config({})).buildArgs()).toEqual({});
  });

  it('encodes globs and directives as JSON', () => {
    const compile = new ObjCompile(
      config({
        include: ['app/**/*.py', 'a "b".py'],
        exclude: ['app/legacy/*'],
        jobs: 4,
        directives: { wraparound: false, boundscheck: false, language_level: 3 },
      }),
    );
    expect(compile.buildArgs()).toEqual({
      COMPILE_INCLUDE: '["app/**/*.py","a \\"b\\".py"]',
      COMPILE_EXCLUDE: '["app/legacy/*"]',
      COMPILE_JOBS: '4',
      COMPILE_DIRECTIVES: '{"boundscheck":false,"language_level":3,"wraparound":false}',
    });
  });

  it('reports every problem at once', () => {
    const broken = config({
      include: ['', '/etc/*.py'],
      exclude: ['../x', 'a\nb'],
      jobs: 0,
      directives: { '1x': true, infinite: Number.POSITIVE_INFINITY },
    });
    expect(() => new ObjCompile(broken)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        details: { problems: expect.arrayContaining(new Array(7).fill(expect.any(String))) },
      }),
    );
    for (const part of [
      'is empty',
      'is absolute',
      'leaves the source root',
      'control character',
      'from 1 to 1024',
      '"1x"',
      'finite',
    ])
      expect(() => new ObjCompile(broken)).toThrow(part);
  });
});
