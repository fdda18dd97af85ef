import type { ScanPolicy } from '../../config/package.ts';
import type { FindingSeverity, ScannedState, ScanState } from '../../model/enums.ts';
import type { Finding, ImageScan, ScanReport } from '../../model/scan-report.ts';
import { countFindings } from '../../model/severity-counts.ts';

export const DIGEST = `sha256:${'a'.repeat(64)}`;

/** The defaults of config.yaml. */
export const POLICY: ScanPolicy = {
  failOn: 'critical',
  ignoreUnfixed: false,
  ignoreStatus: [],
  unknown: 'pass',
  requirePackages: false,
  allow: [],
  onUnchanged: 'fail',
  maxAgeMs: 86_400_000,
  timeoutMs: 900_000,
};

export function finding(id: string, severity: FindingSeverity, more: Partial<Finding> = {}): Finding {
  return {
    id,
    severity,
    package: 'libbad',
    version: '1.0',
    description: '',
    links: [],
    cwes: [],
    ...more,
  };
}

/** The same finding with a version that fixes it. */
export function fixed(id: string, severity: FindingSeverity, more: Partial<Finding> = {}): Finding {
  return finding(id, severity, { fixVersion: '1.1', ...more });
}

/** A finished scan with these findings. */
export function scan(findings: readonly Finding[], more: Partial<ImageScan> = {}): ImageScan {
  return {
    platform: 'linux/amd64',
    digest: DIGEST,
    state: findings.length === 0 ? 'clean' : 'findings',
    ...(findings.length === 0 ? { packages: 1 } : {}),
    ...countFindings(findings),
    findings,
    ...more,
  };
}

/** A scan without a result. */
export function unscanned(state: Exclude<ScanState, ScannedState>, more: Partial<ImageScan> = {}): ImageScan {
  return scan([], { state, ...more });
}

export function report(images: readonly ImageScan[], more: Partial<ScanReport> = {}): ScanReport {
  return { repository: 'axion/api', tags: ['1.0'], digest: DIGEST, state: 'findings', images, ...more };
}
