import { createColors } from 'picocolors';
import { describe, expect, it } from 'vitest';
import type { GateOutcome } from '../../model/enums.ts';
import { noCounts } from '../../model/severity-counts.ts';
import type { AllowedFinding, EvaluatedFinding, ImageVerdict, Verdict } from '../../model/verdict.ts';
import { widthOf } from '../../terminal/width.ts';
import { type RenderVerdictOptions, renderVerdict } from './render-verdict.ts';

const NOTHING = noCounts();
const AMD = { platform: 'linux/amd64', digest: 'sha256:a', state: 'findings', counts: NOTHING } as const;
const ARM = { ...AMD, platform: 'linux/arm64' } as const;

function image(outcome: GateOutcome, more: Partial<ImageVerdict> = {}): ImageVerdict {
  return {
    repository: 'axion/api',
    digest: `sha256:${'a'.repeat(64)}`,
    outcome,
    notes: [],
    platforms: [],
    rejecting: [],
    allowed: [],
    unknownPassed: 0,
    unfixedPassed: 0,
    statusPassed: 0,
    ...more,
  };
}

function verdict(outcome: GateOutcome, images: readonly ImageVerdict[], more: Partial<Verdict> = {}): Verdict {
  const policy = {
    failOn: 'critical',
    ignoreUnfixed: false,
    ignoreStatus: [],
    unknown: 'pass',
    requirePackages: false,
  } as const;
  return { outcome, policy, day: '2026-11-23', images, expired: [], unused: [], ...more };
}

function finding(id: string, more: Partial<EvaluatedFinding> = {}): EvaluatedFinding {
  return { id, severity: 'critical', package: 'libbad', version: '1.0', platforms: ['linux/amd64'], ...more };
}

function allowed(id: string, more: Partial<AllowedFinding> = {}): AllowedFinding {
  return { ...finding(id), reason: 'not reachable', ...more };
}

function render(given: Verdict, options: Partial<RenderVerdictOptions> = {}): string[] {
  const lines = renderVerdict(given, { columns: undefined, colors: createColors(false), ...options });
  return [...lines].flatMap((line) => line.split('\n'));
}

describe('the first line of a verdict', () => {
  it.each([
    ['passed', ['passed'], 'PASSED: the image may be released'],
    ['passed', ['passed', 'passed'], 'PASSED: all 2 images may be released'],
    ['rejected', ['rejected', 'passed'], 'REJECTED: 1 of 2 images may not be released'],
    ['not-scanned', [], 'NOT SCANNED: there is no image'],
    ['not-scanned', ['not-scanned'], 'NOT SCANNED: no scan result for the image'],
    ['scan-failed', ['scan-failed', 'rejected'], 'SCAN FAILED: the scan of 1 of 2 images failed; 1 is rejected'],
    ['scanner-down', ['scanner-down', 'scanner-down'], 'SCANNER DOWN: no scan result for 2 of 2 images'],
    [
      'timed-out',
      ['timed-out', 'rejected', 'rejected'],
      'TIMED OUT: the scan of 1 of 3 images did not finish in time; 2 are rejected',
    ],
  ] as const)('states the outcome %s of images that are %j', (outcome, outcomes, line) => {
    expect(
      render(
        verdict(
          outcome,
          outcomes.map((each) => image(each)),
        ),
      )[0],
    ).toBe(line);
  });
});

describe('the policy line of a verdict', () => {
  it.each([
    [{ failOn: 'critical' }, 'critical findings reject, unknown severity passes'],
    [{ failOn: 'low', unknown: 'fail' }, 'findings of low or worse reject, unknown severity rejects'],
    [
      { failOn: 'high', ignoreUnfixed: true },
      'findings of high or worse reject, unknown severity passes, findings without a fix pass',
    ],
    [{ failOn: 'none', unknown: 'fail' }, 'no finding rejects an image'],
  ] as const)('describes %j', (policy, text) => {
    const applied = {
      ignoreUnfixed: false,
      ignoreStatus: [],
      unknown: 'pass',
      requirePackages: false,
      ...policy,
    } as const;
    expect(render(verdict('passed', [], { policy: applied }))[1]).toBe(`policy on 2026-11-23: ${text}`);
  });
});

describe('an image in a verdict', () => {
  it('lists the findings that reject it, with their platforms unless all have them', () => {
    const rejecting = [
      finding('CVE-1', { platforms: ['linux/amd64', 'linux/arm64'], fixVersion: '1.1' }),
      finding('CVE-2', { severity: 'high' }),
    ];
    const lines = render(verdict('rejected', [image('rejected', { platforms: [AMD, ARM], rejecting })]));
    expect(lines.slice(5)).toEqual([
      '  SEVERITY  ID     PACKAGE  VERSION  FIXED IN  PLATFORMS',
      '  critical  CVE-1  libbad   1.0      1.1       linux/amd64, linux/arm64',
      '  high      CVE-2  libbad   1.0      -         linux/amd64',
    ]);
    const everywhere = [finding('CVE-1', { platforms: ['linux/amd64', 'linux/arm64'] })];
    const text = render(verdict('rejected', [image('rejected', { platforms: [AMD, ARM], rejecting: everywhere })]));
    expect(text.join('\n')).not.toContain('PLATFORMS');
  });

  it('lists findings up to the limit, and names the command that lists all', () => {
    const rejecting = Array.from({ length: 20 }, (_, at) => finding(`CVE-${at}`));
    const given = verdict('rejected', [image('rejected', { platforms: [AMD], rejecting })]);
    expect(render(given, { limit: 20 }).join('\n')).not.toContain('more');
    expect(render(given, { limit: 19, referenceOf: () => 'axion/api:1.0' }).at(-1)).toBe(
      '  and 1 more finding: objdocker harbor-scan axion/api:1.0',
    );
  });

  it('lists each allowed ID once, with its reason and last day', () => {
    const many = [allowed('CVE-1', { until: '2026-12-31' }), allowed('CVE-1', { package: 'other' }), allowed('CVE-2')];
    const lines = render(verdict('passed', [image('passed', { allowed: many })]), { limit: 1 });
    expect(lines.slice(3)).toEqual([
      '  allowed: CVE-1 (critical, in libbad and 1 more package), until 2026-12-31: not reachable',
      '  and 1 more allowed ID',
    ]);
  });

  it('shows why there is no scan result, and how many findings passed', () => {
    const lines = render(
      verdict('scan-failed', [image('scan-failed', { reason: 'it broke', unknownPassed: 2, unfixedPassed: 3 })]),
    );
    expect(lines.slice(3)).toEqual([
      '  it broke',
      '  passed by the policy: 2 findings of unknown severity, 3 findings without a fix',
    ]);
  });
});

describe('findings of several images', () => {
  const SERVICES = ['api', 'worker', 'web'];
  /** Images that all have the findings `shared`, and each its own. */
  function sharing(shared: Partial<ImageVerdict>, own: Record<string, Partial<ImageVerdict>> = {}): ImageVerdict[] {
    return SERVICES.map((service) => {
      const { rejecting = [], allowed: allowedHere = [] } = own[service] ?? {};
      return image('rejected', {
        service,
        platforms: [AMD],
        rejecting: [...(shared.rejecting ?? []), ...rejecting],
        allowed: [...(shared.allowed ?? []), ...allowedHere],
      });
    });
  }
  const nameOf = ({ service }: ImageVerdict): string => service ?? '';

  it('are listed once when all images have them, else below their image', () => {
    const images = sharing(
      { rejecting: [finding('CVE-1')], allowed: [allowed('CVE-2')] },
      { worker: { rejecting: [finding('CVE-3')] } },
    );
    expect(render(verdict('rejected', images), { nameOf }).slice(2)).toEqual([
      `✗ api rejected  ${images[0]?.digest}`,
      '  linux/amd64: findings',
      `✗ worker rejected  ${images[1]?.digest}`,
      '  linux/amd64: findings',
      '  SEVERITY  ID     PACKAGE  VERSION  FIXED IN',
      '  critical  CVE-3  libbad   1.0      -',
      `✗ web rejected  ${images[2]?.digest}`,
      '  linux/amd64: findings',
      'in all 3 images:',
      '  SEVERITY  ID     PACKAGE  VERSION  FIXED IN',
      '  critical  CVE-1  libbad   1.0      -',
      '  allowed: CVE-2 (critical, in libbad): not reachable',
    ]);
  });

  it('are listed with the images that have them, those of most images first', () => {
    const more = { rejecting: [finding('CVE-2')] };
    const lines = render(verdict('rejected', sharing({ rejecting: [finding('CVE-1')] }, { api: more, web: more })), {
      nameOf,
    }).filter((line) => /^in|CVE/.test(line));
    expect(lines).toEqual([
      'in all 3 images:',
      '  critical  CVE-1  libbad   1.0      -',
      'in api, web:',
      '  critical  CVE-2  libbad   1.0      -',
    ]);
  });

  it('are not shared when version or fix differ', () => {
    const lines = render(
      verdict(
        'rejected',
        sharing(
          {},
          {
            api: { rejecting: [finding('CVE-1')] },
            worker: { rejecting: [finding('CVE-1', { version: '2.0' })] },
            web: { rejecting: [finding('CVE-1', { fixVersion: '3.0' })] },
          },
        ),
      ),
      { nameOf },
    );
    expect(lines.filter((line) => line.startsWith('in '))).toEqual([]);
    expect(lines.filter((line) => line.includes('CVE-1'))).toHaveLength(3);
  });

  it('are all listed, however they are shared', () => {
    const images = Array.from({ length: 5 }, (_, at) =>
      image('rejected', {
        service: `s${at}`,
        platforms: [AMD],
        // Each of the 31 findings is in another set of images.
        rejecting: Array.from({ length: 31 }, (_each, id) => id + 1)
          .filter((id) => (id >> at) & 1)
          .map((id) => finding(`CVE-${id}`)),
      }),
    );
    const text = render(verdict('rejected', images), { nameOf, limit: 99 }).join('\n');
    for (let id = 1; id <= 31; id++) expect(text).toMatch(new RegExp(`CVE-${id}\\b`));
    expect(text.match(/^in /gm)).toHaveLength(6);
  });
});

it('lists expired entries with their effect, and entries that no image needs', () => {
  const expired = [2, 1, 0].map((findings) => ({ id: `CVE-${findings}`, reason: 'r', until: '2026-01-31', findings }));
  expect(render(verdict('passed', [], { expired, unused: ['CVE-8', 'CVE-9'] })).slice(2)).toEqual([
    'expired: CVE-2 was allowed until 2026-01-31 (r); it would have allowed 2 findings',
    'expired: CVE-1 was allowed until 2026-01-31 (r); it would have allowed 1 finding',
    'expired: CVE-0 was allowed until 2026-01-31 (r); no image has it',
    'allowed, but in no image: CVE-8, CVE-9',
  ]);
});

it('does not call an expired entry unneeded before all images are scanned', () => {
  const expired = [{ id: 'CVE-1', reason: 'r', until: '2026-01-31', findings: 0 }];
  const lines = render(verdict('timed-out', [image('passed'), image('timed-out')], { expired }));
  expect(lines.at(-1)).toBe('expired: CVE-1 was allowed until 2026-01-31 (r); not all images were scanned');
});

it('fits the terminal and escapes control characters', () => {
  const hostile = '\u001b[31m\r\n::error::x\u202e';
  const one = image('rejected', {
    repository: `axion/${hostile}`,
    reason: hostile,
    platforms: [{ ...AMD, platform: hostile }],
    rejecting: [finding(hostile, { package: `${hostile}${'x'.repeat(200)}`, version: hostile, fixVersion: hostile })],
    allowed: [allowed(hostile, { reason: `${hostile} ${'word '.repeat(40)}` })],
  });
  const given = verdict('rejected', [one], {
    expired: [{ id: hostile, reason: hostile, until: hostile, findings: 1 }],
    unused: [hostile],
  });
  for (const columns of [80, 120, undefined]) {
    const lines = render(given, { columns });
    expect(lines.join('')).not.toMatch(/[\u0000-\u001f\u007f\u202e]/);
    expect(lines.filter((line) => line.startsWith('::') || line.includes('::error'))).toEqual([]);
    if (columns !== undefined) for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns);
  }
});
