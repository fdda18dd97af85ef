import type { BuildChecks } from '../buildx/frontend/checks.ts';
import type { BuildPlan } from '../buildx/plan.ts';
import { isObjDockerError } from '../errors.ts';
import { count } from '../lib/text/words.ts';
import type { PreflightCheck } from './preflight.ts';

/** The Dockerfile can be read and defines the images. */
export function dockerfileCheck(plan: () => Promise<BuildPlan>): PreflightCheck {
  return {
    id: 'dockerfile',
    title: 'Dockerfile',
    async run() {
      const { dockerfile, images, warnings } = await plan();
      const names = images.map(({ service, target }) => service ?? target ?? 'one image');
      const detail = `${dockerfile}: ${names.join(', ')}`;
      const [warning] = warnings;
      if (warning === undefined) return { status: 'ok', detail };
      return { status: 'warning', detail: warnings.map(({ message }) => message).join('; '), hint: warning.hint };
    },
  };
}

// The builder may wait for a registry. That the Dockerfile was not checked then must not fail the preflight.
const DEADLINE_MS = 15_000;

/** BuildKit's own checks of the Dockerfile, where the builder has them. A rule that is broken is a warning. */
export function buildChecksCheck(runChecks: (signal: AbortSignal) => Promise<BuildChecks>): PreflightCheck {
  return {
    id: 'build-checks',
    title: 'Build checks',
    async run(signal) {
      const deadline = AbortSignal.timeout(DEADLINE_MS);
      try {
        return outcomeOf(await runChecks(AbortSignal.any([signal, deadline])));
      } catch (error) {
        if (!isObjDockerError(error) || signal.aborted) throw error;
        const late = `the builder gave no result within ${DEADLINE_MS / 1000} s`;
        return { status: 'skipped', detail: deadline.aborted ? late : 'the build cannot be planned' };
      }
    },
  };
}

function outcomeOf({ warnings, note }: BuildChecks): Awaited<ReturnType<PreflightCheck['run']>> {
  if (warnings.length > 0) {
    const rules = [...new Set(warnings.map(({ rule }) => rule))].join(', ');
    const detail = `${count(warnings.length, 'warning')} (${rules})${note === undefined ? '' : `; ${note}`}`;
    return { status: 'warning', detail, warnings };
  }
  return note === undefined ? { status: 'ok', detail: 'no warnings' } : { status: 'skipped', detail: note };
}
