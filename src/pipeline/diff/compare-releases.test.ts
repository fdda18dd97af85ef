import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FINDING_SEVERITIES } from '../../model/enums.ts';
import { releaseDiff } from '../../model/release-diff.ts';
import type { Finding } from '../../model/scan-report.ts';
import { total } from '../../model/severity-counts.ts';
import { finding, fixed, scan, unscanned } from '../policy/scans.fixture.ts';
import { compare, service } from './diff.fixture.ts';

const idsOf = (findings: readonly { readonly id: string; readonly package: string }[]) =>
  findings.map(({ id, package: name }) => `${id} ${name}`);
const ARM = { platform: 'linux/arm64' };

describe('the services of two releases', () => {
  it('are added, removed, changed or unchanged, those of the later release first', () => {
    const { services } = compare(
      [service('api', 'a'), service('old', 'o'), service('worker', 'w')],
      [service('api', 'b', { revision: 'f00' }), service('worker', 'w'), service('new', 'n')],
      {},
    );
    expect(services.map(({ name, change }) => `${name} ${change}`)).toEqual([
      'api changed',
      'worker unchanged',
      'new added',
      'old removed',
    ]);
    expect(services[0]).toMatchObject({ from: { since: 1 }, to: { revision: 'f00' } });
    expect(services[2]).not.toHaveProperty('from');
    expect(services[3]).not.toHaveProperty('to');
  });

  it('are changed when only the repository is another one, and the single image of a package is the same service', () => {
    const { service: _, ...one } = service('one', 'a', { repository: 'axion/one' });
    const { services } = compare([one], [{ ...one, repository: 'axion/two' }], {});
    expect(services.map(({ name, change }) => `${name} ${change}`)).toEqual(['axion/two changed']);
  });
});

describe('findings', () => {
  const before = [service('api', 'a')];
  const after = [service('api', 'b')];

  it('are fixed, new, or still there, whatever the version of the package', () => {
    const { findings, services } = compare(before, after, {
      a: [
        scan([
          finding('CVE-1', 'high'),
          fixed('CVE-2', 'low', { version: '1.0' }),
          finding('CVE-2', 'low', { package: 'other' }),
        ]),
      ],
      b: [scan([fixed('CVE-2', 'low', { version: '2.0' }), finding('CVE-3', 'critical')])],
    });
    expect(idsOf(findings.fixed)).toEqual(['CVE-1 libbad', 'CVE-2 other']);
    expect(idsOf(findings.new)).toEqual(['CVE-3 libbad']);
    expect(findings.remaining).toEqual([
      {
        id: 'CVE-2',
        severity: 'low',
        package: 'libbad',
        versions: ['2.0'],
        fixVersions: ['1.1'],
        platforms: ['linux/amd64'],
        services: ['api'],
      },
    ]);
    expect(services[0]?.findings).toMatchObject({
      fixed: { high: 1, low: 1 },
      new: { critical: 1 },
      remaining: { low: 1 },
    });
  });

  it('count once on several platforms and in several versions, with the worst severity', () => {
    const { findings } = compare(before, after, {
      a: [scan([]), scan([], ARM)],
      b: [
        scan([finding('CVE-1', 'low', { version: '1' }), finding('CVE-1', 'high', { version: '2' })]),
        scan([finding('CVE-1', 'medium', { version: '1' })], ARM),
      ],
    });
    expect(findings.new).toMatchObject([
      { id: 'CVE-1', severity: 'high', versions: ['1', '2'], platforms: ['linux/amd64', 'linux/arm64'] },
    ]);
  });

  it('of several services are one, with the names of all', () => {
    const shared = scan([finding('CVE-1', 'high')]);
    const { findings } = compare(
      [service('api', 'a'), service('worker', 'w')],
      [service('api', 'b'), service('worker', 'v')],
      { a: [scan([])], w: [scan([])], b: [shared], v: [shared] },
    );
    expect(findings.new.map(({ id, services }) => [id, services])).toEqual([['CVE-1', ['api', 'worker']]]);
  });

  it('of an added service are new; those of a removed one are not fixed', () => {
    const { findings, services } = compare([service('old', 'o')], [service('new', 'n')], {
      o: [scan([finding('CVE-1', 'high')])],
      n: [scan([finding('CVE-2', 'high')])],
    });
    expect([idsOf(findings.new), findings.fixed]).toEqual([['CVE-2 libbad'], []]);
    expect(services.map(({ name, findings: counts }) => [name, counts !== undefined])).toEqual([
      ['new', true],
      ['old', false],
    ]);
  });

  it.each([
    [
      'an image that is gone',
      { a: { scans: { unknown: 'its image is no longer in Harbor' } } },
      'release 1: its image is no',
    ],
    [
      'a platform without a result',
      { a: [scan([]), unscanned('failed', { ...ARM, reason: 'stopped' })] },
      'release 1: linux/arm64: scan failed (stopped)',
    ],
    ['an image that was never scanned', { a: [unscanned('not-scanned')] }, 'release 1: not scanned'],
    ['an image without a platform', { a: [] }, 'release 1: no image of it is known'],
  ])('are not known with %s, and nothing is new or fixed', (_, known, reason) => {
    const { findings, services } = compare(before, after, { b: [scan([finding('CVE-1', 'high')])], ...known });
    expect(findings).toEqual({ new: [], fixed: [], remaining: [] });
    expect(services[0]).not.toHaveProperty('findings');
    expect(services[0]?.findingsUnknown).toContain(reason);
  });

  it('are not known on a registry without a scanner', () => {
    const diff = compare(before, after, undefined);
    expect(diff.scanned).toBe(false);
    expect(diff.services[0]?.findingsUnknown).toContain('not scanned');
    expect(diff.services[0]?.packagesUnknown).toContain('no SBOMs');
  });

  it('of reports that are far apart come with a warning, those of an unchanged image do not', () => {
    const at = (finished: string) => [scan([], { finished })];
    const known = { a: at('2026-05-01T00:00:00Z'), b: at('2026-05-31T00:00:00Z'), w: at('2026-05-01T00:00:00Z') };
    const { warnings } = compare([...before, service('worker', 'w')], [...after, service('worker', 'w')], known);
    expect(warnings).toEqual([expect.stringMatching(/^the reports of api are up to 4 weeks apart: .*--rescan$/)]);
    expect(compare(before, after, { ...known, a: at('2026-05-30T12:00:00Z') }).warnings).toEqual([]);
  });
});

describe('packages', () => {
  const sboms = (packages: Readonly<Record<string, string>>, platform = 'linux/amd64') => ({
    platform,
    packages: Object.entries(packages).map(([name, version]) => ({ name, version, type: 'deb' })),
  });

  it('are added, removed and changed, where both releases have an SBOM', () => {
    const diff = compare([service('api', 'a')], [service('api', 'b')], {
      a: { scans: [], sboms: [sboms({ bash: '5.1', tar: '1', zlib: '1' })] },
      b: { scans: [], sboms: [sboms({ bash: '5.2', zlib: '1', curl: '8' })] },
    });
    expect(diff.packages).toEqual([
      { change: 'changed', name: 'bash', type: 'deb', from: ['5.1'], to: ['5.2'], services: ['api'] },
      { change: 'added', name: 'curl', type: 'deb', from: [], to: ['8'], services: ['api'] },
      { change: 'removed', name: 'tar', type: 'deb', from: ['1'], to: [], services: ['api'] },
    ]);
    expect(diff.services[0]?.packages).toEqual({ added: 1, removed: 1, changed: 1 });
  });

  it('are compared on the platforms that both images have', () => {
    const known = {
      a: { scans: [], sboms: [sboms({ bash: '5.1' })] },
      b: { scans: [], sboms: [sboms({ bash: '5.1' }), sboms({ bash: '5.1', arm: '1' }, 'linux/arm64')] },
    };
    expect(compare([service('api', 'a')], [service('api', 'b')], known).services[0]?.packages).toEqual({
      added: 0,
      removed: 0,
      changed: 0,
    });
    const others = { ...known, b: { scans: [], sboms: [sboms({ bash: '5.2' }, 'linux/arm64')] } };
    expect(compare([service('api', 'a')], [service('api', 'b')], others).services[0]?.packagesUnknown).toContain(
      'no platform in common',
    );
  });

  it('are not known when one release has no SBOM', () => {
    const { services, packages } = compare([service('api', 'a')], [service('api', 'b')], {
      a: { scans: [] },
      b: { scans: [], sboms: [sboms({ bash: '5.2' })] },
    });
    expect(packages).toEqual([]);
    expect(services[0]?.packagesUnknown).toBe('release 1: no SBOM');
  });
});

// Few values of each, so that they coincide.
const findings = fc.array(
  fc
    .tuple(
      fc.constantFrom('CVE-1', 'CVE-2', 'CVE-3'),
      fc.constantFrom(...FINDING_SEVERITIES),
      fc.constantFrom('a', 'b'),
      fc.constantFrom('1.0', '2.0'),
    )
    .map(([id, severity, name, version]): Finding => finding(id, severity, { package: name, version })),
);
const image = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: findings.map((found) => scan(found)) },
    fc.constantFrom(unscanned('not-scanned'), unscanned('failed')),
  ),
  { minLength: 1, maxLength: 2 },
);
const NAMES = ['api', 'report', 'worker'];
const digests = fc.record(Object.fromEntries(NAMES.map((name) => [name, fc.constantFrom('a', 'b', 'd', undefined)])));
const images = fc.record({ a: image, b: image, d: image });
const servicesOf = (chosen: Readonly<Record<string, string | undefined>>) =>
  Object.entries(chosen).flatMap(([name, letter]) => (letter === undefined ? [] : [service(name, letter)]));

describe('any two releases', () => {
  const keys = (
    list: readonly { readonly id: string; readonly package: string; readonly services: readonly string[] }[],
  ) => list.flatMap(({ id, package: name, services }) => services.map((one) => `${id} ${name} ${one}`)).toSorted();

  it('differ by the opposite when they are exchanged, and keep every finding in one place', () => {
    fc.assert(
      fc.property(digests, digests, images, (before, after, known) => {
        const [one, other] = [servicesOf(before), servicesOf(after)];
        const there = compare(one, other, known);
        const back = compare(other, one, known);
        releaseDiff.parse(there);
        expect(there.services.map(({ name }) => name).toSorted()).toEqual(
          back.services.map(({ name }) => name).toSorted(),
        );
        // What is in one release alone has no opposite.
        const shared = new Set(there.services.flatMap(({ name, from, to }) => (from && to ? [name] : [])));
        const ofShared = (list: readonly string[]) => list.filter((text) => shared.has(text.split(' ')[2] ?? ''));
        expect(ofShared(keys(there.findings.new))).toEqual(ofShared(keys(back.findings.fixed)));
        expect(ofShared(keys(there.findings.remaining))).toEqual(ofShared(keys(back.findings.remaining)));
        const all = Object.values(there.findings).flatMap(keys);
        expect(new Set(all).size).toBe(all.length);
      }),
    );
  });

  it('have no new and no fixed finding in a service of which anything is not known, or that did not change', () => {
    fc.assert(
      fc.property(digests, digests, images, (before, after, known) => {
        const diff = compare(servicesOf(before), servicesOf(after), known);
        const touched = new Set([...diff.findings.new, ...diff.findings.fixed].flatMap(({ services }) => services));
        for (const { name, change, from, to, findings: counts, findingsUnknown } of diff.services) {
          const reports = [...(from?.reports ?? []), ...(to?.reports ?? [])];
          const isKnown = reports.every(({ state }) => state === 'clean' || state === 'findings');
          if (change === 'removed') expect([counts, findingsUnknown]).toEqual([undefined, undefined]);
          else expect(counts !== undefined).toBe(isKnown && findingsUnknown === undefined);
          if (!isKnown || change === 'unchanged') expect(touched.has(name)).toBe(false);
        }
      }),
    );
  });

  it('count in each service what the lists name for it', () => {
    fc.assert(
      fc.property(digests, digests, images, (before, after, known) => {
        const diff = compare(servicesOf(before), servicesOf(after), known);
        for (const { name, findings: counts } of diff.services) {
          for (const kind of ['new', 'fixed', 'remaining'] as const) {
            const named = diff.findings[kind].filter(({ services }) => services.includes(name)).length;
            expect(counts === undefined ? 0 : total(counts[kind])).toBe(named);
          }
        }
      }),
    );
  });
});
