import type { AuditedImage, AuditedPackage, AuditReport, EarlierRelease } from '../../../model/audit.ts';
import type { GateOutcome } from '../../../model/enums.ts';
import type { SeverityCounts } from '../../../model/scan-report.ts';
import type { EvaluatedFinding, ImageVerdict } from '../../../model/verdict.ts';

export const AUDITED = '2026-11-30T03:15:00.000Z';

const DAY_MS = 86_400_000;
const daysAgo = (days: number): string => new Date(Date.parse(AUDITED) - days * DAY_MS).toISOString();
const dayIn = (days: number): string => daysAgo(-days).slice(0, 10);
const digestOf = (seed: number): string => `sha256:${(seed * 2_654_435_761).toString(16).padStart(16, '0').repeat(4)}`;

const SERVICES = ['api', 'exporter', 'gateway', 'report', 'scheduler', 'worker'];
const NAMES = [
  ...['homechoice', 'checkout', 'search', 'billing', 'catalog', 'identity', 'notifications', 'recommendations'],
  ...['shipping', 'returns', 'pricing-engine', 'edge-cache', 'audit-trail', 'partner-gateway', 'warehouse'],
];

const counts = (critical: number, high: number, medium: number, low: number): SeverityCounts => ({
  critical,
  high,
  medium,
  low,
  negligible: low * 2,
  unknown: 0,
});

const REJECTING: readonly EvaluatedFinding[] = [
  {
    id: 'CVE-2023-45853',
    severity: 'critical',
    package: 'zlib1g',
    version: '1:1.2.13.dfsg-1',
    status: 'will_not_fix',
    platforms: ['linux/amd64'],
  },
  {
    id: 'CVE-2024-6119',
    severity: 'high',
    package: 'libssl3',
    version: '3.0.13-1~deb12u1',
    fixVersion: '3.0.14-1~deb12u2',
    platforms: ['linux/amd64', 'linux/arm64'],
  },
];

/** A verdict on two platforms. */
export function sampleVerdict(
  repository: string,
  outcome: GateOutcome,
  found: SeverityCounts,
  more: Partial<ImageVerdict> = {},
): ImageVerdict {
  const isKnown = outcome === 'passed' || outcome === 'rejected' || outcome === 'report-too-old';
  return {
    repository,
    digest: digestOf(1),
    outcome,
    notes: [],
    platforms: ['linux/amd64', 'linux/arm64'].map((platform, index) => ({
      platform,
      digest: digestOf(2 + index),
      state: isKnown ? ('findings' as const) : ('failed' as const),
      ...(isKnown ? { finished: daysAgo(outcome === 'report-too-old' ? 12 : 1) } : {}),
      counts: found,
    })),
    rejecting: outcome === 'rejected' ? [...REJECTING] : [],
    allowed: [],
    unknownPassed: 0,
    unfixedPassed: 3,
    statusPassed: 0,
    ...more,
  };
}

/** An image of a current release. */
export function sampleImage(change: Partial<AuditedImage> = {}): AuditedImage {
  const repository = change.repository ?? 'axion/api-homechoice';
  return {
    service: 'api',
    repository,
    digest: digestOf(11),
    tags: ['latest'],
    since: 38,
    revision: '4be1c09f2f3ac1fdd0f1b3b9e0a3c7d55d2f9a10',
    built: daysAgo(9),
    platforms: ['linux/amd64', 'linux/arm64'],
    verdict: sampleVerdict(repository, 'passed', counts(0, 2, 14, 60)),
    ...change,
  };
}

/** A package of which everything is as it should be. */
export function samplePackage(change: Partial<AuditedPackage> = {}): AuditedPackage {
  return {
    name: 'homechoice',
    host: 'harbor.example.com',
    tags: [{ tag: 'latest', release: 41, released: daysAgo(3) }],
    images: [sampleImage()],
    database: daysAgo(0.3),
    allowances: [],
    releases: sampleReleases(20, 41, 0),
    differences: [],
    unknown: [],
    ...change,
  };
}

/** Releases, the newest first, of which one was not scanned. */
export function sampleReleases(length: number, newest: number, seed: number): readonly EarlierRelease[] {
  return Array.from({ length }, (_, index) => {
    const isScanned = index !== 7;
    const wave = (index * 7 + seed * 5) % 11;
    return {
      number: newest - index,
      kind: index === 4 ? ('rollback' as const) : ('release' as const),
      created: daysAgo(3 + index * 2.5),
      tags: index % 3 === 0 ? ['latest', `1.${newest - index}.0`] : ['latest'],
      ...(isScanned ? { outcome: 'passed' as const } : {}),
      counts: isScanned
        ? counts(index > 12 ? 3 : wave > 8 ? 1 : 0, 12 + index + wave, 84 + wave * 6, 360 + index * 10)
        : counts(0, 0, 0, 0),
    };
  });
}

/** The audit of 15 packages with six images each, a few of them with each kind of trouble. */
export function sampleAudit(): AuditReport {
  return { created: AUDITED, packages: NAMES.map((name, index) => trouble(plain(name, index), index)) };
}

function plain(name: string, seed: number): AuditedPackage {
  const release = 20 + seed * 3;
  const images = SERVICES.map((service, index) => {
    const repository = `axion/${service}-${name}`;
    return sampleImage({
      service,
      repository,
      digest: digestOf(seed * 10 + index + 1),
      since: release - ((index * 3) % 7),
      built: daysAgo(1 + index * 4),
      verdict: sampleVerdict(repository, 'passed', counts(0, (index + seed) % 5, 14 + index, 60 + seed * 4)),
    });
  });
  return samplePackage({
    name,
    tags: [{ tag: 'latest', release, released: daysAgo(0.2 + seed * 1.7) }],
    images,
    releases: sampleReleases(Math.min(20, release), release, seed),
  });
}

function trouble(pkg: AuditedPackage, index: number): AuditedPackage {
  const { name, images, tags } = pkg;
  const [first = sampleImage(), second = sampleImage(), ...others] = images;
  const [current] = tags;
  switch (index) {
    case 1:
      return {
        ...pkg,
        images: [
          { ...first, verdict: sampleVerdict(first.repository, 'rejected', counts(1, 3, 22, 70)) },
          second,
          ...others,
        ],
        held: {
          number: 24,
          by: { user: 'alex', ci: 'GitLab', url: 'https://gitlab.example.com/axion/checkout/-/jobs/8123' },
          created: daysAgo(0.4),
          reason: 'api leaks memory under load',
        },
        differences: [
          {
            kind: 'released-but-rejected',
            service: 'api',
            reference: `harbor.example.com/${first.repository}@${first.digest}`,
            message: "api is released, and today's policy rejects it: CVE-2023-45853, CVE-2024-6119",
          },
          { kind: 'allowance-expires', message: 'the allowance of CVE-2024-2961 expires in 3 days' },
        ],
        allowances: [
          { id: 'CVE-2024-2961', reason: 'iconv is not used with untrusted input', until: dayIn(3) },
          { id: 'CVE-2023-4911', reason: 'no setuid programs in the image' },
        ],
      };
    case 4:
      return {
        ...pkg,
        differences: [
          {
            kind: 'tag-moved',
            service: 'exporter',
            tag: 'latest',
            reference: `harbor.example.com/${second.repository}:latest`,
            message: `harbor.example.com/${second.repository}:latest points to sha256:9f3c21ab07d1, and its current release says sha256:00000000b9fa`,
          },
        ],
        allowances: [{ id: 'CVE-2024-2961', reason: 'iconv is not used with untrusted input', until: dayIn(3) }],
      };
    case 6:
      return {
        ...pkg,
        images: images.map((image) => ({
          ...image,
          verdict: sampleVerdict(image.repository, 'report-too-old', counts(0, 4, 19, 75), {
            reason: 'the report is 12 days old, older than 7 days (deployment.scan.maxAge)',
          }),
        })),
        differences: images.map(({ service = '', repository, digest }) => ({
          kind: 'report-too-old',
          service,
          reference: `harbor.example.com/${repository}@${digest}`,
          message: `${service}: the report is 12 days old, older than 7 days (deployment.scan.maxAge)`,
        })),
      };
    case 9:
      return {
        name,
        host: pkg.host,
        tags: [],
        images: [],
        allowances: [],
        releases: [],
        differences: [],
        unknown: ['cannot reach harbor.example.com: connection refused'],
      };
    case 11:
      // A registry without scans.
      return {
        ...pkg,
        host: 'registry.example.com:5000',
        images: images.map(({ verdict: _verdict, ...image }) => image),
        releases: pkg.releases.map(({ outcome: _outcome, ...release }) => ({ ...release, counts: counts(0, 0, 0, 0) })),
      };
    case 12:
      return {
        ...pkg,
        tags: [
          { tag: 'staging', release: (current?.release ?? 0) + 1, released: daysAgo(0.01) },
          { tag: 'prod', release: current?.release ?? 1, released: daysAgo(6) },
          { tag: '1.4.2', release: current?.release ?? 1, released: daysAgo(6) },
        ],
        images: [
          { ...first, tags: ['staging'], verdict: sampleVerdict(first.repository, 'scan-failed', counts(0, 0, 0, 0)) },
          ...[first, second, ...others].map((image) => ({ ...image, tags: ['prod', '1.4.2'] })),
        ],
        differences: [{ kind: 'not-scanned', service: 'api', message: 'api: the scan of linux/amd64 failed' }],
        unknown: ['whether tag retention deletes released images: the robot may not read the rules'],
      };
    case 14: {
      const { service: _service, ...single } = first;
      return {
        ...pkg,
        images: [{ ...single, tags: ['latest', '2026.11.27-1432-g4be1c09'] }],
        releases: pkg.releases.slice(0, 2),
      };
    }
    default:
      return pkg;
  }
}
