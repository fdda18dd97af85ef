import { count, joinWords } from '../../lib/text/words.ts';
import { FINDING_SEVERITIES, UNFIXED_STATUSES } from '../../model/enums.ts';
import type { EvaluatedFinding, Verdict } from '../../model/verdict.ts';

/** A setting of `deployment.scan` that would let findings pass which reject an image now. */
interface PolicyChange {
  /** As in config.yaml: `ignoreUnfixed: true`. */
  readonly setting: string;
  /** How many of the rejecting findings would pass. */
  readonly passes: number;
  /** How many would still reject. */
  readonly remaining: number;
}

/** Ids that are named in full; more are counted. */
const NAMED_IDS = 3;
const THRESHOLDS = ['low', 'medium', 'high', 'critical'] as const;

/**
 * Returns every setting that changes the verdict on these findings, with its effect. It recommends none: a setting that passes a
 * finding does not fix it. A finding of several images counts once.
 */
function policyChanges({ images, policy }: Verdict): readonly PolicyChange[] {
  const findings = distinct(images.flatMap(({ rejecting }) => rejecting));
  const unfixed = findings.filter(({ fixVersion }) => fixVersion === undefined);
  const effect = (setting: string, passes: (finding: EvaluatedFinding) => boolean): PolicyChange => {
    const passed = findings.filter(passes).length;
    return { setting, passes: passed, remaining: findings.length - passed };
  };
  const statuses = UNFIXED_STATUSES.filter((known) => unfixed.some(({ status }) => status === known));
  const changes = [
    effect('ignoreUnfixed: true', (finding) => unfixed.includes(finding)),
    ...statuses.map((status) =>
      effect(
        `ignoreStatus: [${[...policy.ignoreStatus, status].join(', ')}]`,
        (finding) => unfixed.includes(finding) && finding.status === status,
      ),
    ),
    ...thresholdChanges(policy.failOn, effect),
    effect('unknown: pass', ({ severity }) => severity === 'unknown'),
    effect(allowSetting(findings), () => true),
  ];
  return changes.filter(({ passes }) => passes > 0);
}

/** The changes as sentences without a full stop: `ignoreUnfixed: true would pass 12 of 14 findings; 2 would remain`. */
export function describePolicyChanges(verdict: Verdict): readonly string[] {
  const changes = policyChanges(verdict).map(({ setting, passes, remaining }) => {
    const total = passes + remaining;
    if (remaining > 0)
      return `${setting} would pass ${passes} of ${count(total, 'finding')}; ${remaining} would remain`;
    return `${setting} would pass ${total === 1 ? 'the one finding' : `all ${count(total, 'finding')}`}`;
  });
  const unexamined = verdict.policy.requirePackages ? verdict.images.filter(isOnlyUnexamined).length : 0;
  if (unexamined === 0) return changes;
  return [...changes, `requirePackages: false would pass ${count(unexamined, 'image')} without known packages`];
}

/** Whether no finding rejects an image, but that no packages of it are known. */
function isOnlyUnexamined({ outcome, rejecting, platforms }: Verdict['images'][number]): boolean {
  if (outcome !== 'rejected' || rejecting.length > 0) return false;
  return platforms.some(({ state, packages }) => state === 'empty' || (state === 'clean' && packages === undefined));
}

/** The thresholds above the present one, up to the first that passes all. */
function thresholdChanges(
  failOn: Verdict['policy']['failOn'],
  effect: (setting: string, passes: (finding: EvaluatedFinding) => boolean) => PolicyChange,
): readonly PolicyChange[] {
  if (failOn === 'none') return [];
  const changes: PolicyChange[] = [];
  for (const level of [...THRESHOLDS.slice(THRESHOLDS.indexOf(failOn) + 1), 'none'] as const) {
    const last = changes.at(-1);
    const next = effect(`failOn: ${level}`, (finding) => isBelow(finding, level));
    if (last?.remaining === 0 || next.passes === (last?.passes ?? 0)) continue;
    changes.push(next);
  }
  return changes;
}

function isBelow({ severity }: EvaluatedFinding, level: (typeof THRESHOLDS)[number] | 'none'): boolean {
  if (level === 'none') return true;
  return severity !== 'unknown' && FINDING_SEVERITIES.indexOf(severity) > FINDING_SEVERITIES.indexOf(level);
}

function allowSetting(findings: readonly EvaluatedFinding[]): string {
  const ids = [...new Set(findings.map(({ id }) => id))];
  const shown = ids.length > NAMED_IDS ? [...ids.slice(0, NAMED_IDS), `${ids.length - NAMED_IDS} more`] : ids;
  return `allow: with ${joinWords(shown)}`;
}

function distinct(findings: readonly EvaluatedFinding[]): readonly EvaluatedFinding[] {
  const key = ({ id, package: name, version, fixVersion = '', status = '' }: EvaluatedFinding) =>
    JSON.stringify([id, name, version, fixVersion, status]);
  return [...new Map(findings.map((finding) => [key(finding), finding])).values()];
}
