import type { ReleasedService, StoredRelease } from '../../model/release.ts';
import type { ImageScan } from '../../model/scan-report.ts';
import { type ComparedReleases, compareReleases, imageKey, type KnownImage } from './compare-releases.ts';

/** A digest of one letter: that of an image in a test. */
const digestOf = (letter: string): string => `sha256:${letter.repeat(64)}`;

export function service(name: string, letter: string, more: Partial<ReleasedService> = {}): ReleasedService {
  return {
    service: name,
    repository: `axion/${name}-shop`,
    digest: digestOf(letter),
    platforms: [],
    since: 1,
    carried: false,
    tags: [{ tag: 'latest', action: 'moved' }],
    ...more,
  };
}

export function release(
  number: number,
  services: readonly ReleasedService[],
  more: Partial<StoredRelease> = {},
): StoredRelease {
  return {
    schemaVersion: 1,
    number,
    kind: 'release',
    run: 'objdocker-20260531T081500Z-3f9a1c2b7d4e',
    package: 'shop',
    created: '2026-05-31T08:15:00.000Z',
    by: {},
    tags: ['latest'],
    services,
    current: [],
    digest: digestOf('c'),
    state: 'done',
    currentFor: [],
    ...more,
  };
}

const NO_SBOM = { unknown: 'no SBOM' } as const;

/** Compares releases 1 and 2 with these services and, by the letter of their digests, what is known of their images. */
export function compare(
  before: readonly ReleasedService[],
  after: readonly ReleasedService[],
  known: Readonly<Record<string, readonly ImageScan[] | Partial<KnownImage>>> | undefined,
  more: Partial<ComparedReleases> = {},
) {
  const [from, to] = [release(1, before), release(2, after)];
  const images =
    known &&
    new Map(
      [...before, ...after].flatMap((each): [string, KnownImage][] => {
        const found = known[each.digest.at(-1) ?? ''];
        if (found === undefined) return [];
        const image = 'length' in found ? { scans: found } : found;
        return [[imageKey(each), { scans: [], sboms: NO_SBOM, ...image }]];
      }),
    );
  return compareReleases({ from, to, images, maxAgeMs: 86_400_000, ...more });
}
