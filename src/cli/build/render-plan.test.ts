import pc from 'picocolors';
import { expect, it } from 'vitest';
import { samplePlan } from '../../../test/build/sample-plan.ts';
import type { BuildChecks } from '../../buildx/frontend/checks.ts';
import { describePlan } from '../../buildx/plan-description.ts';
import { renderPlan } from './render-plan.ts';

function lastBlock(checks: BuildChecks): string {
  const plan = { ...describePlan(samplePlan(), {}), checks };
  return (
    renderPlan(plan, { colors: pc.createColors(false), verbose: false })
      .split('\n\n')
      .at(-1) ?? ''
  );
}

it('shows the warnings of the build checks with their place and rule', () => {
  const warning = { rule: 'UndefinedVar', message: "Usage of '$NO'", file: '/d/Dockerfile' };
  const checks = {
    warnings: [{ ...warning, line: 6, url: 'https://example.com/undefined-var/' }, warning],
    note: 'the build checks stopped',
  };
  expect(lastBlock(checks)).toBe(
    [
      "warning: /d/Dockerfile:6: UndefinedVar: Usage of '$NO'",
      '  https://example.com/undefined-var/',
      "warning: /d/Dockerfile:1: UndefinedVar: Usage of '$NO'",
      'note: the build checks stopped',
    ].join('\n'),
  );
  expect(lastBlock({ warnings: [{ ...warning, message: 'a\u001b[2J' }] })).not.toContain('\u001b[2J');
  expect(lastBlock({ warnings: [] })).toBe('build checks: no warnings');
  expect(lastBlock({ warnings: [], note: 'the builder has none' })).toBe('note: the builder has none');
});
