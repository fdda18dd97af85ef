import type { ScanPolicy } from '../../config/package.ts';
import type { Finding, ImageScan } from '../../model/scan-report.ts';
import type { ImageVerdict } from '../../model/verdict.ts';
import { evaluatePolicy } from './evaluate.ts';
import { POLICY, report, scan } from './scans.fixture.ts';

export const NOW = new Date('2026-11-23T15:00:00Z');
export const ARM = { platform: 'linux/arm64', digest: `sha256:${'b'.repeat(64)}` };

export function evaluateFindings(findings: readonly Finding[], policy: Partial<ScanPolicy> = {}, now = NOW) {
  return evaluatePolicy({ ...POLICY, ...policy }, [{ report: report([scan(findings)]) }], now);
}

export function evaluateOne(images: readonly ImageScan[], policy: Partial<ScanPolicy> = {}): ImageVerdict {
  const { images: verdicts } = evaluatePolicy({ ...POLICY, ...policy }, [{ report: report(images) }], NOW);
  const [only] = verdicts;
  if (only === undefined || verdicts.length !== 1) throw new Error('expected one verdict');
  return only;
}

export const idsOf = (findings: readonly { readonly id: string }[]): string[] => findings.map(({ id }) => id);
