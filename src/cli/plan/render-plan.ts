import { sanitizeLine } from '../../lib/text/sanitize.ts';
import { count } from '../../lib/text/words.ts';
import { describeAction, describeActions } from '../../model/labels.ts';
import type { ExplainedInputs, PackagePlan, PlannedService } from '../../model/plan.ts';
import type { Colors } from '../../terminal/output-stream.ts';
import { padTo, widthOf } from '../../terminal/width.ts';
import { wrap } from '../../terminal/wrap.ts';

export interface RenderPlanOptions {
  /** The terminal's width; undefined when the output is not a terminal. */
  readonly columns: number | undefined;
  readonly colors: Colors;
}

/** The least width of a reason. */
const MIN_TEXT = 20;
/** A terminal that is narrower has what happens to a service below its name. */
const NARROW = 60;

/** What a run would do about a package: a line for each service, and one for each further reason. */
export function* renderPlan(plan: PackagePlan, options: RenderPlanOptions): Generator<string> {
  const { columns, colors } = options;
  const { services } = plan;
  const actions = services.map(({ action }) => action);
  yield* heading(plan, describeActions(actions, 'to build'), options);
  const width = Math.max(0, ...services.map(({ name }) => widthOf(sanitizeLine(name))));
  const isNarrow = columns !== undefined && columns < NARROW;
  const indent = ' '.repeat(isNarrow ? 4 : 2 + width + 2);
  for (const service of services) {
    const space = columns === undefined ? undefined : columns - indent.length;
    const [first = '', ...others] = describeService(service, space);
    const paint = service.action === 'build' ? colors.yellow : service.action === 'reuse' ? colors.cyan : colors.dim;
    const name = sanitizeLine(service.name);
    if (isNarrow) yield `  ${name}\n${indent}${paint(first)}`;
    else yield `  ${padTo(name, width)}  ${paint(first)}`;
    for (const line of others) yield indent + paint(line);
  }
}

/** A package, what would end its run before it builds, and a summary. */
function* heading(
  { name, tags, release, stops }: PackagePlan,
  summary: string,
  { columns, colors }: RenderPlanOptions,
): Generator<string> {
  const current = release === undefined ? 'no release yet' : `release ${release} is current`;
  yield wrap(`${colors.bold(sanitizeLine(`${name} ${tags.join(', ')}`))}: ${summary}; ${current}`, columns);
  for (const { message, hint } of stops) {
    yield wrap(`  ${colors.red('a run stops before it builds:')} ${sanitizeLine(message)}`, columns);
    if (hint !== undefined) yield wrap(`  ${colors.cyan('hint:')} ${sanitizeLine(hint)}`, columns);
  }
}

/** `build: src/table.py (COPY, line 41)`, with further reasons below the first. */
function describeService(service: PlannedService, columns: number | undefined): readonly string[] {
  const text = describeAction(service, 'build');
  if (service.action !== 'build') return [text];
  const start = `${text}: `;
  const space = columns === undefined ? undefined : Math.max(MIN_TEXT, columns - start.length);
  return service.reasons
    .flatMap((reason) => wrap(sanitizeLine(reason), space).split('\n'))
    .map((line, index) => (index === 0 ? start : ' '.repeat(start.length)) + line);
}

/** All inputs of the services of a plan. */
export function* renderExplained(plan: PackagePlan, options: RenderPlanOptions): Generator<string> {
  const { columns, colors } = options;
  for (const service of plan.services) {
    yield* heading(plan, `${sanitizeLine(service.name)} ${describeAction(service, 'build')}`, options);
    if (service.action === 'build')
      for (const reason of service.reasons) yield wrap(`  - ${sanitizeLine(reason)}`, columns);
    if (service.inputs === undefined) {
      yield wrap('  nothing is compared: releases are not on record', columns);
      continue;
    }
    yield '';
    for (const [label, texts] of facts(service.inputs))
      for (const text of texts) yield wrap(`  ${colors.dim(label.padEnd(10))} ${sanitizeLine(text)}`, columns);
    yield* files(service.inputs, options);
  }
}

function facts({ digest, platforms, stages, images, secrets, unknown, hints, ...inputs }: ExplainedInputs) {
  const listed = (texts: readonly string[]): readonly string[] => (texts.length === 0 ? [] : [texts.join(', ')]);
  return [
    ['inputs', [digest]],
    ['platforms', listed(platforms)],
    ['stages', listed(stages)],
    ['arguments', listed(inputs.arguments)],
    ['secrets', listed(secrets)],
    ['image', images.map(({ image, digest: pointsTo }) => `${image} ${pointsTo}`)],
    ['not known', unknown],
    ['hint', hints],
  ] as const satisfies readonly (readonly [string, readonly string[]])[];
}

/** The files by the instructions that take them. */
function* files({ files: taken }: ExplainedInputs, { columns, colors }: RenderPlanOptions): Generator<string> {
  const byReader = new Map<string, string[]>();
  for (const { path, takenBy } of taken) byReader.set(takenBy, [...(byReader.get(takenBy) ?? []), path]);
  for (const [reader, paths] of byReader) {
    yield '';
    yield wrap(
      `  ${colors.bold(sanitizeLine(reader))}: ${count(paths.length, 'file or folder', 'files and folders')}`,
      columns,
    );
    for (const path of paths) yield `    ${sanitizeLine(path)}`;
  }
}
