import { describe, expect, it } from 'vitest';
import { samplePlan } from '../../../test/build/sample-plan.ts';
import type { BuildCapabilities } from '../capabilities.ts';
import { chooseInvocation } from '../invocation.ts';
import type { PlannedFeature } from '../plan.ts';
import { builderFrontend, firstWith } from './release.ts';

const withEngine = (version: string): BuildCapabilities => ({
  docker: { version },
  buildx: { version: '0.13.1' },
  engine: { version, os: 'linux', arch: 'amd64', containerdStore: true },
});
const withBuilder = (driver: string, buildkit?: string): BuildCapabilities => ({
  ...withEngine('26.1.5'),
  builder: { name: 'b', driver, platforms: [], ...(buildkit === undefined ? {} : { buildkit }) },
});

describe('builderFrontend', () => {
  it.each([
    ['20.10.24+dfsg1', '1.2'],
    ['23.0.6', '1.4'],
    ['24.0.9', '1.5'],
    ['26.1.5+dfsg1', '1.7'],
    ['27.2.1', '1.9'],
    ['27.5.0', '1.12'],
    ['28.1.1', '1.15'],
    ['28.2.2', '1.16'],
    ['29.0.3', '1.19'],
    ['29.3.0', 'newest'],
  ])('is known of engine %s', (version, expected) => {
    expect(builderFrontend(samplePlan(), withEngine(version))).toMatchObject({ version: expected, labs: false });
  });

  it('is that of the BuildKit that the builder reports', () => {
    expect(builderFrontend(samplePlan(), withBuilder('remote', '0.34.2'))).toMatchObject({ version: '1.28' });
    expect(builderFrontend(samplePlan(), withBuilder('docker', '0.12.5'))).toMatchObject({ version: '1.6' });
    expect(builderFrontend(samplePlan(), withBuilder('docker'))).toMatchObject({ version: '1.7' });
  });

  it('is not known of another builder, an engine before BuildKit, or with a "# syntax=" line', () => {
    expect(builderFrontend(samplePlan(), withBuilder('docker-container'))).toBeUndefined();
    expect(builderFrontend(samplePlan({ builder: 'b' }), withEngine('26.1.5'))).toBeUndefined();
    expect(builderFrontend(samplePlan(), withEngine('19.03.15'))).toBeUndefined();
    expect(builderFrontend(samplePlan(), { docker: { version: '26' } })).toBeUndefined();
    expect(builderFrontend(samplePlan({ syntax: 'docker/dockerfile:1' }), withEngine('20.10.24'))).toBeUndefined();
  });

  it('came with a release of BuildKit and of the engine', () => {
    expect(firstWith('1.16')).toEqual({ buildkit: '0.22', engine: '28.2' });
    expect(firstWith('1.3')).toEqual({ buildkit: '0.9', engine: '23.0' });
    expect(firstWith('1.27')).toEqual({ buildkit: '0.33', engine: undefined });
  });
});

describe('a build whose builder has another frontend than the Dockerfile needs', () => {
  const choose = (feature: Omit<PlannedFeature, 'line' | 'legacy'>, capabilities: BuildCapabilities) =>
    chooseInvocation(samplePlan({ features: [{ line: 4, legacy: false, ...feature }] }), capabilities);

  it('is not started, and says which versions there are', () => {
    const spaced = {
      text: 'a heredoc with a space behind "<<"',
      since: '1.16',
      hint: 'Write <<NAME without the space.',
    };
    expect(choose(spaced, withBuilder('remote', '0.15.0')).missing).toEqual([
      {
        capability: 'buildkit',
        message:
          '/project/axion.dockerfile:4: a heredoc with a space behind "<<" needs Dockerfile 1.16; the builder "b" (BuildKit 0.15.0) has 1.9',
        hint: 'Write <<NAME without the space. Or add "# syntax=docker/dockerfile:1" as the first line, or use BuildKit 0.22 (engine 28.2) or newer.',
      },
    ]);
    expect(choose(spaced, withBuilder('remote', '0.22.0')).missing).toEqual([]);
    const device = { text: 'RUN --device', since: '1.27', labs: '1.14' };
    const [missing] = choose(device, withEngine('29.0.0')).missing;
    expect(missing?.message).toContain('RUN --device needs Dockerfile 1.27; engine 29.0.0 (BuildKit 0.25) has 1.19');
    expect(missing?.hint).toBe('Add "# syntax=docker/dockerfile:1" as the first line, or use BuildKit 0.33 or newer.');
    expect(choose(device, withEngine('29.3.0')).missing).toEqual([]);
  });

  it('is not started for what newer frontends refuse', () => {
    const shift = { text: 'a "<<" opens a heredoc', until: '1.16', hint: 'Quote it.' };
    expect(choose(shift, withEngine('28.1.0')).missing).toEqual([]);
    expect(choose(shift, withEngine('28.3.0')).missing).toMatchObject([
      {
        message:
          '/project/axion.dockerfile:4: a "<<" opens a heredoc, as Dockerfile 1.16 and newer read it; engine 28.3.0 (BuildKit 0.23) has 1.17',
        hint: 'Quote it.',
      },
    ]);
    expect(choose(shift, withEngine('29.9.0')).missing).toHaveLength(1);
  });

  it('is warned of what has no effect', () => {
    const mode = { text: 'COPY --chmod=u=rw', since: '1.14', labs: '1.11', ignoredBefore: '1.10' };
    expect(choose(mode, withEngine('27.1.0'))).toMatchObject({
      missing: [],
      warnings: [
        {
          message:
            '/project/axion.dockerfile:4: COPY --chmod=u=rw needs Dockerfile 1.14; engine 27.1.0 (BuildKit 0.15) has 1.9, which ignores it',
        },
      ],
    });
    expect(choose(mode, withEngine('27.4.0'))).toMatchObject({ missing: [{ capability: 'buildkit' }], warnings: [] });
    expect(choose(mode, withEngine('28.0.0'))).toMatchObject({ missing: [], warnings: [] });
  });
});
