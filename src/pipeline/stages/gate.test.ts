import { describe, expect, test } from 'vitest';
import type { ServiceAction } from '../../model/enums.ts';
import type { Verdict } from '../../model/verdict.ts';
import type { RunContext } from '../run/context.ts';
import { releaseOthers } from './gate.ts';
import type { ImagePlan } from './image-plan.ts';

type Outcome = Verdict['outcome'];

/** What services are planned to be, and how each is evaluated. */
type Services = Readonly<Record<string, readonly [ServiceAction, Outcome]>>;

function decide(services: Services, { onUnchanged = 'warn', outcome = 'rejected' as Outcome } = {}) {
  const warnings: string[] = [];
  const context = {
    policy: { onUnchanged },
    progress: { warn: (message: string) => void warnings.push(message) },
  } as unknown as RunContext;
  const planned = Object.entries(services).map(
    ([service, [action]]) => ({ image: { service, repository: `axion/${service}` }, action }) as unknown as ImagePlan,
  );
  const images = Object.entries(services).map(([service, [, each]]) => ({
    service,
    repository: `axion/${service}`,
    outcome: each,
  }));
  const verdict = { outcome, images } as unknown as Verdict;
  return { released: releaseOthers(context, planned, verdict) !== undefined, warnings };
}

describe('with scan.onUnchanged: warn', () => {
  test.each<[ServiceAction, ServiceAction]>([
    ['unchanged', 'build'],
    ['unchanged', 'reuse'],
    ['same-content', 'build'],
  ])('a rejected image that is %s lets one out that is to %s', (rejected, other) => {
    const found = decide({ api: [rejected, 'rejected'], web: [other, 'passed'] });
    expect(found.released).toBe(true);
    expect(found.warnings).toEqual([
      'api is rejected, and its public image is unchanged: the others are released (scan.onUnchanged)',
    ]);
  });

  test.each<[string, Services]>([
    ['is built', { api: ['build', 'rejected'], web: ['build', 'passed'] }],
    ['is reused, and not public yet', { api: ['reuse', 'rejected'], web: ['build', 'passed'] }],
    ['is one of two, the other unchanged', { api: ['build', 'rejected'], web: ['unchanged', 'rejected'] }],
    ['is unchanged, as are all others', { api: ['unchanged', 'rejected'], web: ['unchanged', 'passed'] }],
  ])('a rejected image keeps the others back that %s', (_, services) => {
    expect(decide(services)).toEqual({ released: false, warnings: [] });
  });

  test.each<Outcome>(['not-scanned', 'report-too-old'])(
    'nothing is let out when findings are not known: %s',
    (outcome) => {
      expect(decide({ api: ['unchanged', outcome], web: ['build', 'passed'] }, { outcome }).released).toBe(false);
    },
  );
});

test('with scan.onUnchanged: fail a rejected image that is unchanged keeps the others back', () => {
  const found = decide({ api: ['unchanged', 'rejected'], web: ['build', 'passed'] }, { onUnchanged: 'fail' });
  expect(found).toEqual({ released: false, warnings: [] });
});
