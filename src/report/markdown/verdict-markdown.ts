import { count, shortDigest } from '../../lib/text/words.ts';
import { GATE_LABELS, SEVERITY_LABELS, unfixedLabel } from '../../model/labels.ts';
import type { EvaluatedFinding, ImageVerdict, Verdict } from '../../model/verdict.ts';
import { objection } from '../run-outcome.ts';
import { markdownTable, markdownText } from './markdown.ts';

export interface VerdictMarkdownOptions {
  /** How an image is named. @default its repository */
  readonly nameOf?: ((image: ImageVerdict) => string) | undefined;
  /** What else to say, a sentence each: the settings that would change the verdict. */
  readonly remarks?: readonly string[] | undefined;
}

/** GitHub shows at most 1 MiB of a step's summary. */
const FINDINGS_LIMIT = 100;

/** A verdict in GitHub Flavored Markdown, a line each: for the summary of a CI job. */
export function* verdictMarkdown(verdict: Verdict, options: VerdictMarkdownOptions = {}): Generator<string> {
  const { outcome, images } = verdict;
  const { nameOf = ({ repository }: ImageVerdict) => repository } = options;
  const affected = images.filter((image) => image.outcome === outcome).length;
  yield `### Gate: ${GATE_LABELS[outcome].toLowerCase()} (${affected} of ${count(images.length, 'image')})`;
  yield* markdownTable(
    ['Image', 'Verdict', 'Why', 'Digest'],
    images.map((image) => [
      nameOf(image),
      GATE_LABELS[image.outcome].toLowerCase(),
      objection(image),
      shortDigest(image.digest),
    ]),
  );
  yield* findingsMarkdown(verdict, nameOf);
  yield* list([
    ...verdictNotes(verdict, nameOf),
    ...verdict.expired.map(({ id, until, reason }) => `${id} was allowed until ${until} (${reason})`),
    ...(verdict.unused.length === 0 ? [] : [`allowed, but in no image: ${verdict.unused.join(', ')}`]),
    ...(options.remarks ?? []),
  ]);
}

/** What to know about the results, which does not change the outcome. */
export function verdictNotes({ images }: Verdict, nameOf: (image: ImageVerdict) => string): readonly string[] {
  return images.flatMap((image) => image.notes.map((note) => `${nameOf(image)}: ${note}`));
}

/** The findings that reject images, worst first, behind a line that opens them. */
export function* findingsMarkdown({ images }: Verdict, nameOf: (image: ImageVerdict) => string): Generator<string> {
  const rows = images.flatMap((image) => image.rejecting.map((finding) => ({ finding, image: nameOf(image) })));
  if (rows.length === 0) return;
  yield '';
  yield `<details><summary>${count(rows.length, 'rejecting finding')}</summary>`;
  yield* markdownTable(
    ['Image', 'Severity', 'ID', 'Package', 'Version', 'Fixed in'],
    rows.slice(0, FINDINGS_LIMIT).map(({ finding, image }) => [image, ...cells(finding)]),
  );
  yield '';
  if (rows.length > FINDINGS_LIMIT) {
    yield `and ${count(rows.length - FINDINGS_LIMIT, 'more finding')}`;
    yield '';
  }
  yield '</details>';
}

/** A list; empty without items. */
export function* list(items: readonly string[]): Generator<string> {
  if (items.length === 0) return;
  yield '';
  for (const item of items) yield `- ${markdownText(item)}`;
}

function cells({ severity, id, package: name, version, fixVersion, status }: EvaluatedFinding): readonly string[] {
  return [SEVERITY_LABELS[severity].toLowerCase(), id, name, version, fixVersion ?? unfixedLabel(status) ?? '-'];
}
