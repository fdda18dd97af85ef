import type { FindingSeverity } from '../model/enums.ts';
import type { Finding, ImageScan, ScanReport } from '../model/scan-report.ts';
import { countFindings } from '../model/severity-counts.ts';

/** A finding with everything in it, but for what a test says. */
export function sampleFinding(more: Partial<Finding> = {}): Finding {
  return {
    id: 'CVE-2024-3094',
    severity: 'critical',
    package: 'liblzma5',
    version: '5.6.0-0.2',
    fixVersion: '5.6.1+really5.4.5-1',
    description: 'Malicious code was discovered in the upstream tarballs of xz, starting with version 5.6.0.',
    links: ['https://avd.aquasec.com/nvd/cve-2024-3094'],
    score: 10,
    cwes: ['CWE-506'],
    ...more,
  };
}

/** {@link sampleFinding} without a fix. */
export function withoutFix(more: Partial<Finding> = {}): Finding {
  const { fixVersion: _, ...rest } = sampleFinding(more);
  return rest;
}

/** The scan of an image with its counts made of its findings. */
export function sampleScan(findings: readonly Finding[], more: Partial<ImageScan> = {}): ImageScan {
  return {
    platform: 'linux/amd64',
    digest: `sha256:${'ab'.repeat(32)}`,
    state: findings.length === 0 ? 'clean' : 'findings',
    scanner: { name: 'Trivy', vendor: 'Aqua Security', version: 'v0.52.2' },
    reportId: 'report-1',
    finished: '2026-11-23T06:57:20Z',
    ...countFindings(findings),
    findings,
    ...more,
  };
}

/** An image about which nothing is known. */
export function withoutResult(state: ImageScan['state'], more: Partial<ImageScan> = {}): ImageScan {
  const { scanner: _scanner, reportId: _report, finished: _finished, ...scan } = sampleScan([]);
  return { ...scan, state, ...more };
}

/** The report of an artifact with these images. */
export function sampleReport(images: readonly ImageScan[], more: Partial<ScanReport> = {}): ScanReport {
  return {
    repository: 'axion/meridian-report-homechoice',
    tags: ['1.4.2'],
    digest: `sha256:${'cd'.repeat(32)}`,
    state: images[0]?.state ?? 'not-scanned',
    images,
    ...more,
  };
}

/** Many findings that look like those of real images: the same ones every time. */
export function manyFindings(count: number): Finding[] {
  const severities: readonly FindingSeverity[] = [
    'low',
    'medium',
    'low',
    'high',
    'negligible',
    'medium',
    'unknown',
    'critical',
  ];
  const names = [
    'openssl',
    'libc6',
    'perl-base',
    'zlib1g',
    'python3.11',
    'curl',
    'libxml2',
    'linux-libc-dev',
    'gnupg',
    'tar',
  ];
  return Array.from({ length: count }, (_, index) => {
    const severity = severities[(index * 7 + Math.floor(index / 11)) % severities.length] ?? 'low';
    const name = names[index % names.length] ?? '';
    const group = Math.floor(index / 40);
    return {
      id: `CVE-20${10 + (index % 17)}-${1000 + index}`,
      severity,
      package: group === 0 ? name : `${name}-${group}`,
      version: `${1 + (group % 3)}.${group % 10}.2-${1 + (index % 2)}`,
      ...(index % 3 === 0
        ? {}
        : { fixVersion: `${1 + (group % 3)}.${group % 10}.9-1+deb12u${1 + (index % 4 === 0 ? 1 : 0)}` }),
      description: `A flaw was found in ${name}. It allows a remote attacker to read ${index} bytes beyond the end of a buffer when a crafted message is decoded, which may end in a crash or disclose what is in memory. Only programs that use the streaming interface are affected.`,
      links: [
        `https://nvd.nist.gov/vuln/detail/CVE-20${10 + (index % 17)}-${1000 + index}`,
        'https://security-tracker.debian.org/',
      ],
      ...(severity === 'unknown'
        ? {}
        : {
            score:
              [9.8, 7.5, 5.3, 3.1, 0, 0][['critical', 'high', 'medium', 'low', 'negligible'].indexOf(severity)] ?? 0,
          }),
      cwes: ['CWE-125'],
    };
  });
}
