import { createColors } from 'picocolors';
import { describe, expect, it } from 'vitest';
import type { ExplainedInputs, PackagePlan, PlannedService } from '../../model/plan.ts';
import { renderExplained, renderPlan } from './render-plan.ts';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

function service(name: string, more: Partial<PlannedService> = { release: 38 }): PlannedService {
  const repository = `axion/${name}-shop`;
  return {
    name,
    repository,
    reference: `registry.example.com/${repository}:1.0`,
    action: 'unchanged',
    reasons: ['its image is that of release 38'],
    ...more,
  };
}

const BUILT = service('meridian-report', {
  action: 'build',
  reasons: ['services/report/table.py, services/report/pdf/ (COPY, line 41)', 'build-arg FEATURES'],
});

function plan(more: Partial<PackagePlan> = {}): PackagePlan {
  const services = [
    service('api'),
    BUILT,
    service('worker', { action: 'reuse', release: 12 }),
    service('mailer', { action: 'reuse' }),
  ];
  return { name: 'shop', tags: ['1.0', 'latest'], release: 41, services, stops: [], warnings: [], ...more };
}

const lines = (one: PackagePlan, columns?: number) => [...renderPlan(one, { columns, colors: createColors(false) })];

describe('the plan of a package', () => {
  it('has a line for each service, and one for each further reason', () => {
    expect(lines(plan({ services: plan().services.slice(0, 3) }))).toEqual([
      'shop 1.0, latest: 1 to build, 1 reused, 1 unchanged; release 41 is current',
      '  api              unchanged (since release 38)',
      '  meridian-report  build: services/report/table.py, services/report/pdf/ (COPY, line 41)',
      '                          build-arg FEATURES',
      '  worker           reused (image of release 12)',
    ]);
  });

  it('says that there is no release yet', () => {
    const { release: _, ...first } = plan();
    expect(lines(first)[0]).toMatch(/; no release yet$/);
  });

  it('says what would end the run before it builds', () => {
    const stops = [
      { code: 'RELEASE_NEWER', message: 'the commit 1 comes before release 41', hint: 'To release it: --backwards.' },
    ];
    expect(lines(plan({ stops })).slice(1, 3)).toEqual([
      '  a run stops before it builds: the commit 1 comes before release 41',
      '  hint: To release it: --backwards.',
    ]);
  });

  it.each([40, 60, 80, 120])('fits in %i columns and loses no reason', (columns) => {
    const all = lines(plan(), columns).join('\n');
    for (const line of all.split('\n')) expect(line.length, line).toBeLessThanOrEqual(columns);
    for (const word of ['services/report/table.py,', '41)', 'FEATURES', '12)', 'today)']) expect(all).toContain(word);
  });

  it('escapes control characters from outside', () => {
    const bad = 'a\u001b[2J\nb';
    const hostile = service(bad, { action: 'build', reasons: [bad] });
    const stops = [{ code: 'X', message: bad, hint: bad }];
    const all = lines(plan({ name: bad, tags: [bad], services: [hostile], stops }), 80).join('\n');
    expect(all).not.toContain('\u001b');
    expect(all).not.toMatch(/^b/m);
  });
});

describe('a service that is explained', () => {
  const INPUTS: ExplainedInputs = {
    digest: DIGEST,
    platforms: ['linux/amd64', 'linux/arm64'],
    stages: ['compiler', 'meridian-report'],
    arguments: ['FEATURES', 'TOKEN'],
    images: [{ image: 'python:3.12-slim', digest: DIGEST }],
    files: [
      { path: 'services', hash: '01', takenBy: 'COPY, line 41' },
      { path: 'services/table.py', hash: '02', takenBy: 'COPY, line 41' },
      { path: 'requirements.txt', hash: '03', takenBy: 'RUN, line 12' },
    ],
    secrets: ['pip'],
    unknown: ['ADD of a URL without --checksum (line 9)'],
    hints: ['COPY takes .git: add it to .dockerignore'],
  };
  const show = (inputs: ExplainedInputs | undefined, columns?: number) => {
    const one = plan({ services: [{ ...BUILT, ...(inputs === undefined ? {} : { inputs }) }] });
    return [...renderExplained(one, { columns, colors: createColors(false) })].join('\n').split('\n');
  };

  it('lists every input', () => {
    expect(show(INPUTS)).toEqual([
      'shop 1.0, latest: meridian-report build; release 41 is current',
      '  - services/report/table.py, services/report/pdf/ (COPY, line 41)',
      '  - build-arg FEATURES',
      '',
      `  inputs     ${DIGEST}`,
      '  platforms  linux/amd64, linux/arm64',
      '  stages     compiler, meridian-report',
      '  arguments  FEATURES, TOKEN',
      '  secrets    pip',
      `  image      python:3.12-slim ${DIGEST}`,
      '  not known  ADD of a URL without --checksum (line 9)',
      '  hint       COPY takes .git: add it to .dockerignore',
      '',
      '  COPY, line 41: 2 files and folders',
      '    services',
      '    services/table.py',
      '',
      '  RUN, line 12: 1 file or folder',
      '    requirements.txt',
    ]);
  });

  it('says so when releases are not on record', () => {
    expect(show(undefined).at(-1)).toBe('  nothing is compared: releases are not on record');
  });
});
