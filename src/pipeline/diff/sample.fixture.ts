import type { ReleasedService } from '../../model/release.ts';
import type { ReleaseDiff } from '../../model/release-diff.ts';
import type { Finding } from '../../model/scan-report.ts';
import { finding, fixed, scan, unscanned } from '../policy/scans.fixture.ts';
import { compareReleases, imageKey, type KnownImage } from './compare-releases.ts';
import { release, service } from './diff.fixture.ts';

const BEFORE = '2026-05-30T10:15:00.000Z';
const AFTER = '2026-05-31T08:15:00.000Z';

const image = (name: string, letter: string, more: Partial<ReleasedService> = {}): ReleasedService =>
  service(name, letter, {
    repository: `axion/${name}-homechoice`,
    sizeBytes: 48_200_000,
    revision: letter.repeat(40),
    ...more,
  });

const openssl = (id: string, severity: Finding['severity'], version: string) =>
  fixed(id, severity, { package: 'libssl3', version, fixVersion: '3.0.13-1~deb12u1' });

/** Two releases of six services: one added, one removed, two changed, two unchanged; of one change nothing is known. */
export function sampleDiff({
  known = true,
  more = [],
}: {
  known?: boolean;
  more?: readonly Finding[];
} = {}): ReleaseDiff {
  const from = release(
    11,
    [
      image('meridian-api', 'a', { since: 9 }),
      image('meridian-exporter', 'e', { since: 3, sizeBytes: 12_000_000 }),
      image('meridian-legacy', '0'),
      image('meridian-report', 'c', { since: 7 }),
      image('meridian-scheduler', 'd', { since: 5 }),
    ],
    { package: 'homechoice', created: BEFORE, revision: { commit: '41d0c9e2f3'.padEnd(40, '0'), dirty: false } },
  );
  const to = release(
    12,
    [
      image('meridian-api', 'b', { since: 12, sizeBytes: 49_000_000 }),
      image('meridian-exporter', 'e', { since: 3, sizeBytes: 12_000_000 }),
      image('meridian-gateway', 'f', { since: 12 }),
      image('meridian-report', '1', { since: 12, sizeBytes: 47_000_000 }),
      image('meridian-scheduler', 'd', { since: 5 }),
    ],
    {
      package: 'homechoice',
      created: AFTER,
      revision: { commit: '9f3c21ab07'.padEnd(40, '0'), dirty: true },
      currentFor: ['latest'],
    },
  );
  const old = { finished: '2026-05-30T11:00:00Z' };
  const now = { finished: '2026-05-31T08:20:00Z' };
  const still = finding('CVE-2023-4813', 'low', { package: 'libc6', version: '2.36-9+deb12u4' });
  const sbom = (bash: string, ...others: readonly string[]) => [
    {
      platform: 'linux/amd64',
      packages: [
        { name: 'bash', version: bash, type: 'deb' },
        ...others.map((name) => ({ name, version: '1.0-1', type: 'deb' })),
      ],
    },
  ];
  const scans: Readonly<Record<string, KnownImage>> = {
    a: {
      scans: [
        scan(
          [
            openssl('CVE-2024-0727', 'high', '3.0.11-1~deb12u2'),
            openssl('CVE-2023-6237', 'medium', '3.0.11-1~deb12u2'),
            still,
            ...more,
          ],
          old,
        ),
      ],
      sboms: sbom('5.2.15-2+b2', 'libold'),
    },
    b: {
      scans: [
        scan(
          [
            still,
            finding('CVE-2026-11111', 'critical', { package: 'requests', version: '2.31.0', fixVersion: '2.32.4' }),
          ],
          now,
        ),
      ],
      sboms: sbom('5.2.21-1', 'libnew'),
    },
    c: {
      scans: [known ? scan([still], old) : unscanned('not-scanned', { reason: 'it was never scanned' })],
      sboms: { unknown: 'no SBOM' },
    },
    d: { scans: [scan([still], now)], sboms: { unknown: 'no SBOM' } },
    e: { scans: [scan([], now)], sboms: { unknown: 'no SBOM' } },
    f: { scans: [scan([still, finding('CVE-2025-5', 'unknown')], now)], sboms: { unknown: 'no SBOM' } },
    1: { scans: [scan([still], now)], sboms: { unknown: 'no SBOM' } },
  };
  const images = new Map(
    [...from.services, ...to.services].flatMap((each): [string, KnownImage][] => {
      const found = scans[each.digest.at(-1) ?? ''];
      return found === undefined ? [] : [[imageKey(each), found]];
    }),
  );
  return compareReleases({ from, to, images, maxAgeMs: 86_400_000 });
}

/** The same releases on a registry without a scanner. */
export function unscannedDiff(): ReleaseDiff {
  const [from, to] = [release(1, [image('api', 'a')]), release(2, [image('api', 'b')])];
  return compareReleases({ from, to, images: undefined, maxAgeMs: 86_400_000 });
}
