import { describe, expect, it } from 'vitest';
import { createConfig } from '../../../config/config.ts';
import { parseConfigText } from '../../../config/yaml/document.ts';
import { readDockerfile } from '../../../dockerfile/read-dockerfile.ts';
import { isObjDockerError, ObjDockerError } from '../../../errors.ts';
import { annotationsFor, annotationsForIssues } from './annotations.ts';

const ENV = { GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: '/builds/shop' };
const annotate = (error: ObjDockerError, env: Readonly<Record<string, string>> = ENV, cwd = '/builds/shop/app') =>
  annotationsFor(error, { env, cwd });

function thrownBy(act: () => unknown): ObjDockerError {
  try {
    act();
  } catch (error) {
    if (isObjDockerError(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('annotationsFor', () => {
  it("has each problem of config.yaml at its line, relative to the repository's root", () => {
    const text =
      'shop:\n  deployment:\n    registry: { type: plain, host: h, port: 99999 }\n    image: { repository: x, tag: "?", dockerfile: D }\n';
    const config = createConfig(parseConfigText(text, 'config.yaml'), { env: {}, strict: false });
    const annotations = annotate(thrownBy(() => config.selectPackage('shop').image));
    expect(annotations.map((line) => line.replace(/::(?!error).*/, ''))).toEqual([
      '::error file=app/config.yaml,line=3,col=45',
      expect.stringMatching(/^::error file=app\/config\.yaml,line=4,col=\d+$/),
    ]);
    expect(annotations[0]).toContain('::shop.deployment.registry.port: ');
  });

  it('has the warnings of config.yaml, too', () => {
    const text =
      'shop:\n  deployment:\n    registry: { type: plain, host: h.example.com }\n    image: { repository: x, tag: "1", dockerfile: D, nope: 1 }\n';
    const config = createConfig(parseConfigText(text, 'config.yaml'), { env: {}, strict: false });
    expect(annotationsForIssues(config.check(), { env: ENV, cwd: '/builds/shop' })).toEqual([
      expect.stringMatching(/^::warning file=config\.yaml,line=4,col=\d+::shop\.deployment\.image\.nope: /),
    ]);
    expect(annotationsForIssues(config.check(), { env: {}, cwd: '/builds/shop' })).toEqual([]);
  });

  it('has the line of the Dockerfile that is invalid, or whose step failed', () => {
    const invalid = thrownBy(() => readDockerfile('FROM scratch\nRUNN x\n', '/builds/shop/Dockerfile'));
    expect(annotate(invalid)).toEqual([expect.stringMatching(/^::error file=Dockerfile,line=2::/)]);
    const details = { dockerfile: '/builds/shop/a,b:c.dockerfile', line: 9 };
    const failed = new ObjDockerError('BUILD_FAILED', 'RUN x failed\n::set-output name=a::100%', { details });
    expect(annotate(failed)).toEqual([
      '::error file=a%2Cb%3Ac.dockerfile,line=9::RUN x failed%0A::set-output name=a::100%25',
    ]);
  });

  it('has nothing outside of GitHub, without a place, and for files that are not in the repository', () => {
    const failed = (file: string) =>
      new ObjDockerError('BUILD_FAILED', 'x', { details: { dockerfile: file, line: 1 } });
    expect(annotate(failed('/builds/shop/Dockerfile'), {})).toEqual([]);
    expect(annotate(failed('/builds/other/Dockerfile'))).toEqual([]);
    expect(annotate(new ObjDockerError('USAGE', 'x'))).toEqual([]);
    expect(annotate(failed('Dockerfile'), { GITHUB_ACTIONS: 'true' }, '/x')).toHaveLength(1);
  });
});
