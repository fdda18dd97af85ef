import { createColors } from 'picocolors';
import { describe, expect, it } from 'vitest';
import type { ReleasedService, StoredRelease } from '../../model/release.ts';
import { noCounts } from '../../model/severity-counts.ts';
import { renderRelease, renderReleases } from './render-release.ts';

const NOW = new Date('2026-05-31T10:15:00Z');
const digestOf = (letter: string) => `sha256:${letter.repeat(64)}`;

function service(name: string, more: Partial<ReleasedService> = {}): ReleasedService {
  return {
    service: name,
    repository: `axion/${name}-shop`,
    digest: digestOf('a'),
    platforms: [],
    sizeBytes: 48_200_000,
    since: 12,
    carried: false,
    tags: [
      { tag: '1.4.2', action: 'created' },
      { tag: 'latest', action: 'moved', before: digestOf('b') },
    ],
    verdict: { outcome: 'passed', counts: { ...noCounts(), high: 2 } },
    ...more,
  };
}

function release(more: Partial<StoredRelease> = {}): StoredRelease {
  return {
    schemaVersion: 1,
    number: 12,
    kind: 'release',
    run: 'objdocker-20260531T081500Z-3f9a1c2b7d4e',
    package: 'shop',
    created: '2026-05-31T08:15:00.000Z',
    by: { user: 'octo', ci: 'GitHub', url: 'https://github.example.com/axion/shop/actions/runs/42' },
    revision: { commit: '9f3c21ab07'.padEnd(40, '0'), dirty: false },
    policy: { failOn: 'high', ignoreUnfixed: false, ignoreStatus: [], unknown: 'pass', requirePackages: false },
    tags: ['1.4.2', 'latest'],
    services: [service('api'), service('worker', { since: 7, tags: [{ tag: 'latest', action: 'unchanged' }] })],
    current: [],
    digest: digestOf('c'),
    state: 'done',
    currentFor: ['1.4.2', 'latest'],
    ...more,
  };
}

const list = (releases: readonly StoredRelease[], columns?: number) =>
  [...renderReleases(releases, { columns, colors: createColors(false), now: NOW })].join('\n');
const show = (one: StoredRelease, columns?: number, color = false) =>
  [...renderRelease(one, { columns, colors: createColors(color), now: NOW })].join('\n');

describe('the list of releases', () => {
  it('names the number, age, tags, commit, changed services, verdict, user and state', () => {
    expect(
      list([release()], 140)
        .split('\n')[1]
        ?.split(/\s{2,}/),
    ).toEqual(['12', '2h ago', '1.4.2 latest', '9f3c21ab07', 'api', 'passed', 'octo', 'current: 1.4.2 latest']);
  });

  it.each([60, 80, 100])('keeps number, age, verdict and state in %i columns', (columns) => {
    const [, line = ''] = list([release()], columns).split('\n');
    expect(line.length).toBeLessThanOrEqual(columns);
    for (const text of ['12', '2h ago', 'passed', 'current: 1.4.2 latest']) expect(line).toContain(text);
  });

  it('says that a commit had changes, at any width, and that a release changed no service', () => {
    const same = service('api', { tags: [{ tag: 'latest', action: 'unchanged' }] });
    const one = release({ services: [same], revision: { commit: '9f3c21ab07'.padEnd(40, '0'), dirty: true } });
    expect(list([one], 140)).toMatch(/ 9f3c21ab07-dirty +none +passed/);
    expect(list([one])).toMatch(/ 9f3c21ab070{30}-dirty +none +passed/);
  });

  it('tells what is open, undone, held, rejected or not scanned', () => {
    const { verdict: _, ...unscanned } = service('api');
    const text = list(
      [
        release({ state: 'open', currentFor: [] }),
        release({ state: 'undone', currentFor: [] }),
        release({ kind: 'hold', currentFor: [], services: [] }),
        release({ services: [service('api', { verdict: { outcome: 'rejected', counts: noCounts() } })] }),
        release({ services: [unscanned] }),
      ],
      140,
    );
    for (const word of ['in progress or left', 'undone', '12 (hold)', 'rejected', 'not scanned'])
      expect(text).toContain(word);
  });
});

describe('one release', () => {
  it('has all that is on record, with whole digests for a program that reads it', () => {
    const text = show(release());
    expect(text).toContain('release 12 of shop: current: 1.4.2 latest');
    expect(text).toContain(digestOf('c'));
    expect(text).toContain('https://github.example.com/axion/shop/actions/runs/42');
    expect(text).toMatch(/^worker +sha256:a{64} +unchanged latest/m);
    expect(text).toMatch(/^api .* created 1.4.2, moved latest/m);
  });

  it.each([60, 80, 120])('fits in %i columns', (columns) => {
    for (const line of show(release(), columns).split('\n')) expect(line.length, line).toBeLessThanOrEqual(columns);
  });

  it('escapes what comes from outside, and keeps its own colors', () => {
    const text = show(release({ by: { user: '\u001b[2Jx' }, tags: ['\u001b[2J'], package: '\u001b[2J' }), 80, true);
    expect(text).not.toContain('\u001b[2J');
    expect(text).toContain('\u001b[1mrelease 12 of');
  });
});
