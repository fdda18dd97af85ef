import type { AuditedPackage, AuditReport } from '../../model/audit.ts';
import { GATE_LABELS } from '../../model/labels.ts';
import { markdownTable, markdownText } from './markdown.ts';

/** A summary of an audit for a CI job. */
export function* auditMarkdown({ packages }: AuditReport): Generator<string> {
  const differing = packages.filter(({ differences }) => differences.length > 0).length;
  const outcome =
    differing === 0
      ? packages.some(({ unknown }) => unknown.length > 0)
        ? 'not everything is known'
        : 'as it should be'
      : `${differing} of ${packages.length} packages differ`;
  yield `### Audit: ${outcome}`;
  yield* markdownTable(
    ['Package', 'Released', 'Verdict', 'Differences'],
    packages.map((each) => [
      each.name,
      each.tags.map(({ tag, release }) => `${tag}: ${release}`).join(', ') || 'nothing',
      verdictOf(each),
      String(each.differences.length),
    ]),
  );
  for (const { name, differences, unknown } of packages) {
    if (differences.length + unknown.length === 0) continue;
    yield '';
    yield `**${markdownText(name)}**`;
    yield '';
    for (const { kind, message } of differences) yield `- \`${kind}\` ${markdownText(message)}`;
    for (const text of unknown) yield `- not known: ${markdownText(text)}`;
  }
}

function verdictOf({ images }: AuditedPackage): string {
  const outcomes = new Set(images.map(({ verdict }) => verdict?.outcome));
  if (outcomes.size === 0) return '';
  const others = [...outcomes].filter((each) => each !== undefined && each !== 'passed');
  const [worst] = others;
  if (worst !== undefined) return GATE_LABELS[worst];
  return outcomes.has('passed') ? GATE_LABELS.passed : GATE_LABELS['not-scanned'];
}
