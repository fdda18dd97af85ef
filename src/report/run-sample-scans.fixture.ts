import type { FindingSeverity } from '../model/enums.ts';
import type { Finding, ImageScan, ScanReport } from '../model/scan-report.ts';
import { sampleFinding } from './sample.fixture.ts';

export const RUN = 'objdocker-20260531T081500Z-3f9a1c2b7d4e';
export const SCANNED = '2026-05-31T08:17:31Z';
export const PLATFORMS = ['linux/amd64', 'linux/arm64'] as const;
export const REJECTED = 'meridian-report';

export const SERVICES = [
  'meridian-api',
  'meridian-exporter',
  'meridian-gateway',
  REJECTED,
  'meridian-scheduler',
  'meridian-worker',
] as const;

export type Service = (typeof SERVICES)[number];

export const digestOf = (...parts: readonly string[]): string => {
  let hash = 0;
  for (const character of parts.join('/')) hash = (hash * 31 + character.charCodeAt(0)) >>> 0;
  return `sha256:${Array.from({ length: 8 }, (_, at) => ((hash ^ Math.imul(at + 1, 0x9e3779b1)) >>> 0).toString(16).padStart(8, '0')).join('')}`;
};
export const repositoryOf = (service: string): string => `axion/${service}-homechoice`;
export const isAnalytics = (service: Service): boolean =>
  ['meridian-report', 'meridian-scheduler', 'meridian-worker'].includes(service);

const finding = (
  id: string,
  severity: FindingSeverity,
  [name, version, fix]: readonly [string, string, string?],
  [score, description]: readonly [number | undefined, string],
): Finding => {
  const { fixVersion: _fix, score: _score, ...rest } = sampleFinding();
  return {
    ...rest,
    id,
    severity,
    package: name,
    version,
    description,
    links: [`https://avd.aquasec.com/nvd/${id.toLowerCase()}`],
    cwes: [],
    ...(fix === undefined ? {} : { fixVersion: fix }),
    ...(score === undefined ? {} : { score }),
  };
};

export const CRITICAL = finding(
  'CVE-2023-45853',
  'critical',
  ['zlib1g', '1:1.2.13.dfsg-1'],
  [9.8, 'MiniZip in zlib through 1.3 has an integer overflow and resultant heap-based buffer overflow.'],
);
export const REPORT_CRITICAL = finding(
  'CVE-2024-3094',
  'critical',
  ['liblzma5', '5.6.0-0.2', '5.6.1+really5.4.5-1'],
  [10, 'Malicious code was discovered in the upstream tarballs of xz, starting with version 5.6.0.'],
);
export const REPORT_PILLOW = finding(
  'CVE-2023-50447',
  'critical',
  ['pillow', '10.1.0', '10.2.0'],
  [9.0, 'Pillow through 10.1.0 allows PIL.ImageMath.eval arbitrary code execution via the environment parameter.'],
);
const BASE: readonly Finding[] = [
  CRITICAL,
  finding(
    'CVE-2024-45491',
    'high',
    ['libexpat1', '2.5.0-1', '2.5.0-1+deb12u1'],
    [7.5, 'dtdCopy in xmlparse.c can have an integer overflow for nDefaultAtts on 32-bit platforms.'],
  ),
  finding(
    'CVE-2023-52425',
    'high',
    ['libexpat1', '2.5.0-1'],
    [7.5, 'libexpat through 2.5.0 allows a denial of service because many full reparsings are required.'],
  ),
  finding(
    'CVE-2024-5535',
    'medium',
    ['libssl3', '3.0.13-1~deb12u1', '3.0.15-1~deb12u1'],
    [5.9, 'Calling SSL_select_next_proto with an empty supported client protocols buffer may crash.'],
  ),
  finding(
    'CVE-2023-4039',
    'medium',
    ['gcc-12-base', '12.2.0-14'],
    [4.8, 'A failure in -fstack-protector in GCC-based toolchains that target AArch64.'],
  ),
  finding(
    'CVE-2022-3219',
    'low',
    ['gpgv', '2.2.40-1.1'],
    [3.3, 'GnuPG can be made to spin on a relatively small input.'],
  ),
  finding(
    'CVE-2011-3374',
    'low',
    ['apt', '2.6.1'],
    [3.7, 'It was found that apt-key did not correctly validate gpg keys with the master keyring.'],
  ),
  finding('CVE-2005-2541', 'low', ['tar', '1.34+dfsg-1.2'], [undefined, 'Tar does not warn of setuid files.']),
  finding('TEMP-0841856-B18BAF', 'unknown', ['bash', '5.2.15-2+b2'], [undefined, '']),
];
const ANALYTICS: readonly Finding[] = [
  finding(
    'CVE-2024-34997',
    'high',
    ['joblib', '1.3.2'],
    [7.5, 'joblib can be made to deserialise untrusted data in NumpyArrayWrapper.'],
  ),
  finding(
    'CVE-2024-6345',
    'high',
    ['setuptools', '65.5.1', '70.0.0'],
    [8.8, 'Functions that download packages from URLs are open to code injection.'],
  ),
  finding('CVE-2021-45346', 'medium', ['libsqlite3-0', '3.40.1-2'], [4.3, 'A memory leak by a crafted record.']),
];

export const findingsOf = (service: Service, rejected: boolean): readonly Finding[] =>
  [
    ...(rejected && service === REJECTED ? [REPORT_CRITICAL, REPORT_PILLOW] : []),
    ...BASE,
    ...(isAnalytics(service) ? ANALYTICS : []),
  ].sort((a, b) => rank(a) - rank(b));
const rank = ({ severity }: Finding): number =>
  ['critical', 'high', 'medium', 'low', 'negligible', 'unknown'].indexOf(severity);

export const scansOf = (service: Service, scan: (platform: string, digest: string) => ImageScan): ScanReport => {
  const images = PLATFORMS.map((platform) => scan(platform, digestOf(service, platform)));
  return {
    repository: repositoryOf(service),
    tags: [RUN],
    digest: digestOf(service),
    state: images[0]?.state ?? 'not-scanned',
    images,
  };
};
