import { count, joinWords, shortDigest } from '../../../lib/text/words.ts';
import { GATE_LABELS, unfixedLabel } from '../../../model/labels.ts';
import type { PipelineRun } from '../../../model/pipeline-run.ts';
import type { EvaluatedFinding, Verdict } from '../../../model/verdict.ts';
import type { RunImage } from '../../run-images.ts';
import { headline, objection, outcomeKind, tagsSentence } from '../../run-outcome.ts';
import { moment } from '../images-section.ts';
import { h, type PageChild, type PageNode } from '../page-node.ts';
import { severityName } from '../severity-name.ts';

/** The maximum number of listed findings per image. The table of findings has all. */
const LISTED = 5;

/** The top of a run's page: the outcome, what it means for the public tags, and the reasons. */
export function runVerdict(run: PipelineRun, images: readonly RunImage[]): PageNode {
  return h(
    'section',
    { class: `verdict ${outcomeKind(run)}`, 'aria-labelledby': 'verdict' },
    h('h2', { id: 'verdict' }, headline(run)),
    h('p', {}, tagsSentence(run)),
    ...meaning(run),
    ...failure(run),
    conflicts(run),
    objections(images),
    ...exceptions(run.verdict).map((text) => h('p', {}, text)),
  );
}

function meaning(run: PipelineRun): PageNode[] {
  const notes: string[] = [];
  if (run.outcome === 'unchanged') notes.push(...released(run));
  if (run.outcome === 'unscanned')
    notes.push('The run was started without scans: the findings of these images are not known.');
  if (run.outcome === 'timed-out')
    notes.push('The scan continues in the registry: run the pipeline again, or wait longer with --timeout.');
  if (run.outcome === 'scanner-down')
    notes.push('Nothing is known about the images: start the scanner, then run again.');
  if (run.outcome === 'scan-failed')
    notes.push("Nothing is known about what was not scanned: look at the scan's log in the registry, then run again.");
  return notes.map((note) => h('p', {}, note));
}

/** What is released since when, in a sentence. */
function released({ images, release }: PipelineRun): string[] {
  const { length } = images;
  const since = [...new Set(images.flatMap(({ release: first }) => first ?? []))].sort((a, b) => a - b);
  const times = images.flatMap(({ built }) => built ?? []).sort();
  const [oldest, newest = oldest] = [times[0], times.at(-1)];
  if (release === undefined || since.length === 0) return [];
  const sources = `of ${since.length === 1 ? 'release' : 'the releases'} ${joinWords(since.map(String))}`;
  const built =
    oldest === undefined || newest === undefined
      ? ''
      : length === 1
        ? `, built on ${moment(oldest)}`
        : `; the oldest was built on ${moment(oldest)}, the newest on ${moment(newest)}`;
  const what = length === 1 ? 'Its image is that' : `Its ${count(length, 'image')} are those`;
  return [`Release ${release.number} is current. ${what} ${sources}${built}.`];
}

/** What a reader must know about a release that passed. */
function exceptions(verdict: Verdict | undefined): string[] {
  if (verdict === undefined) return [];
  const { images, expired } = verdict;
  const findings = images.flatMap(({ allowed }) => allowed);
  const ids = new Set(findings.map(({ id }) => id));
  const ends = findings.flatMap(({ until }) => (until === undefined ? [] : [until])).sort();
  const allowed =
    ids.size === 0
      ? []
      : [
          `${count(ids.size, 'vulnerability', 'vulnerabilities')} that would reject ${ids.size === 1 ? 'is' : 'are'} allowed`,
          ends[0] === undefined ? '' : `, ${ids.size === 1 ? 'until' : 'the first until'} ${ends[0]}`,
          ': ',
          joinWords([...ids].slice(0, LISTED)),
          ids.size > LISTED ? ' and others' : '',
          '.',
        ];
  const hit = expired.filter((entry) => entry.findings > 0).map(({ id }) => id);
  const over =
    hit.length === 0
      ? ''
      : `Expired and counted again: ${joinWords(hit.slice(0, LISTED))}${hit.length > LISTED ? ' and others' : ''}.`;
  return [allowed.join(''), over].filter((text) => text !== '');
}

function failure({ error, outcome }: PipelineRun): PageNode[] {
  if (error === undefined) return [];
  const code = outcome === 'cancelled' ? undefined : h('span', { class: 'code' }, error.code);
  return [
    h('p', { class: 'failure' }, h('span', { class: 'message' }, error.message), code && ' ', code),
    ...(error.hint === undefined ? [] : [h('p', { class: 'hint' }, error.hint)]),
  ];
}

function conflicts({ conflicts: moved }: PipelineRun): PageNode | undefined {
  if (moved.length === 0) return undefined;
  return h(
    'ul',
    { class: 'objections' },
    moved.map(({ reference, expected, found }) =>
      h(
        'li',
        {},
        h('strong', { class: 'id' }, reference),
        ` ${expected === undefined ? 'did not exist' : 'pointed to '}`,
        expected && digest(expected),
        ' when the run started, and ',
        found === undefined ? 'is gone' : 'points to ',
        found && digest(found),
        ' now.',
      ),
    ),
  );
}

/** The images that did not pass, grouped by reason. */
function objections(images: readonly RunImage[]): PageNode | undefined {
  const groups = new Map<string, RunImage[]>();
  for (const image of images) {
    const { verdict } = image;
    if (verdict === undefined || verdict.outcome === 'passed') continue;
    const key = verdict.rejecting.length > 0 ? image.name : `${verdict.outcome}\0${verdict.reason}`;
    groups.set(key, [...(groups.get(key) ?? []), image]);
  }
  if (groups.size === 0) return undefined;
  return h(
    'ul',
    { class: 'objections' },
    [...groups.values()].map((group) => objectionItem(group, images.length)),
  );
}

function objectionItem(group: readonly RunImage[], images: number): PageNode | undefined {
  const verdict = group[0]?.verdict;
  if (verdict === undefined) return undefined;
  const names = group.map(({ name }) => name);
  const { rejecting, outcome } = verdict;
  const more = rejecting.length - LISTED;
  return h(
    'li',
    {},
    h('strong', {}, names.length === images && images > 1 ? `All ${count(images, 'image')}` : joinWords(names)),
    rejecting.length > 0 ? `: ${objection(verdict)}` : `: ${GATE_LABELS[outcome].toLowerCase()}`,
    rejecting.length === 0 && verdict.reason !== undefined ? ` (${verdict.reason})` : undefined,
    rejecting.length === 0
      ? undefined
      : h(
          'ul',
          {},
          ...rejecting.slice(0, LISTED).map((finding) => h('li', {}, ...rejectingFinding(finding))),
          more > 0 ? h('li', { class: 'aside' }, `and ${count(more, 'more finding')}: see the table below`) : undefined,
        ),
  );
}

/** A finding that rejects an image, with what fixes it. */
export function rejectingFinding({
  id,
  severity,
  package: name,
  version,
  fixVersion,
  status,
}: EvaluatedFinding): PageChild[] {
  return [
    severityName(severity),
    ' ',
    h('span', { class: 'id' }, id),
    ` in ${name} ${version}, `,
    fixVersion === undefined ? (unfixedLabel(status) ?? 'no fix yet') : `fixed in ${fixVersion}`,
  ];
}

function digest(text: string): PageNode {
  return h('span', { class: 'mono' }, shortDigest(text));
}
