import type { BuildChecks } from '../../buildx/frontend/checks.ts';
import type { ImageDescription, PlanDescription } from '../../buildx/plan-description.ts';
import { sanitize, sanitizeLine } from '../../lib/text/sanitize.ts';
import type { Colors } from '../../terminal/output-stream.ts';
import { renderCheckWarnings } from './render-checks.ts';

/** Renders a build plan: its images, the excluded files, and the commands that would run. */
export function renderPlan(plan: PlanDescription, { colors, verbose }: { colors: Colors; verbose: boolean }): string {
  const { dim, bold, yellow } = colors;
  const blocks = [
    [
      `package    ${sanitizeLine(plan.package)}`,
      `dockerfile ${sanitizeLine(plan.dockerfile)}`,
      `context    ${sanitizeLine(plan.context)}`,
      `images     ${plan.images.length}: ${plan.selection}`,
      ...plan.excludedStages.map(
        ({ stage, line, reason }) => `not built  ${sanitizeLine(stage)} (line ${line}): ${reason}`,
      ),
      ...plan.excluded.map(({ path, reason }) => `excluded   ${sanitizeLine(path)}, which ${sanitizeLine(reason)}`),
    ],
    ...plan.images.map((image) => imageLines(image, colors)),
    [
      bold(
        plan.invocation.method === 'bake' ? 'commands: one solve for all images' : 'commands: one build for each image',
      ),
      ...plan.invocation.commands.map((command) => `  ${sanitize(command)}`),
      ...definitionLines(plan.invocation.definition, { dim, verbose }),
    ],
    plan.notes.map(({ level, message, hint }) => {
      const mark = level === 'info' ? 'note:' : yellow(level === 'missing' ? 'missing:' : 'warning:');
      return `${mark} ${sanitizeLine(message)}${hint === undefined ? '' : `\n  ${sanitizeLine(hint)}`}`;
    }),
    checkLines(plan.checks, colors),
  ];
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function checkLines(checks: BuildChecks | undefined, { bold, yellow }: Colors): string[] {
  if (checks === undefined) return [];
  const { warnings, note } = checks;
  const clean = warnings.length === 0 && note === undefined ? [`${bold('build checks:')} no warnings`] : [];
  return [
    ...clean,
    ...renderCheckWarnings(warnings, yellow),
    ...(note === undefined ? [] : [`note: ${sanitizeLine(note)}`]),
  ];
}

function imageLines(image: ImageDescription, { bold, dim }: Colors): string[] {
  const { target, reference, platforms, args, secrets, push, command } = image;
  return [
    bold(sanitizeLine(reference)),
    `  target    ${sanitizeLine(target ?? '(the last stage)')}`,
    `  platforms ${platforms.length === 0 ? "the engine's own" : platforms.join(', ')}${push ? ', pushed' : ', loaded'}`,
    ...Object.entries(args).map(([name, value]) => `  arg       ${sanitizeLine(`${name}=${value}`)}`),
    ...secrets.map((secret) => `  secret    ${sanitizeLine(secret)}`),
    dim(`  ${sanitize(command)}`),
  ];
}

function definitionLines(definition: unknown, { dim, verbose }: { dim: Colors['dim']; verbose: boolean }): string[] {
  if (definition === undefined) return [];
  if (!verbose) return [dim('  with a bake definition on standard input; --verbose and --json show it')];
  return [dim('  with this bake definition on standard input:'), sanitize(indent(JSON.stringify(definition, null, 2)))];
}

function indent(text: string): string {
  return text.replace(/^/gm, '  ');
}
