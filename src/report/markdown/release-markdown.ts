import { formatTime } from '../../lib/text/time.ts';
import { joinWords } from '../../lib/text/words.ts';
import { GATE_LABELS } from '../../model/labels.ts';
import type { ReleasedService, StoredRelease } from '../../model/release.ts';
import { describeCounts } from '../severity.ts';
import { markdownTable, markdownText } from './markdown.ts';
import { list } from './verdict-markdown.ts';

/** A release in GitHub Flavored Markdown, a line each: what was released, with whole digests. */
export function* releaseMarkdown(release: StoredRelease): Generator<string> {
  const { kind, number, package: name, state, currentFor, created, by, revision, tags } = release;
  const said = currentFor.length > 0 ? `: current for ${joinWords(currentFor)}` : state === 'done' ? '' : `: ${state}`;
  yield `### ${markdownText(`${kind} ${number} of ${name}${said}`)}`;
  const who = [by.user, by.host, by.ci].filter((text) => text !== undefined).join(', ');
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['Released', formatTime(created)],
    ['By', who === '' ? undefined : who],
    ['Job', by.url],
    ['Revision', revision === undefined ? undefined : `${revision.commit}${revision.dirty ? ', with changes' : ''}`],
    ['Public tags', joinWords(tags)],
    ['Record', release.digest],
  ];
  yield* list(facts.flatMap(([label, text]) => (text === undefined ? [] : [`${label}: ${text}`])));
  yield* markdownTable(
    ['Service', 'Image', 'Public tags', 'Since', 'Verdict'],
    release.services.map((service) => [
      service.service ?? name,
      `${service.repository}@${service.digest}`,
      tagsText(service),
      `release ${service.since}`,
      verdictText(service),
    ]),
  );
}

function tagsText({ tags }: ReleasedService): string {
  return tags.map(({ tag, action }) => `${tag} ${action}`).join(', ');
}

function verdictText({ verdict }: ReleasedService): string {
  if (verdict === undefined) return 'not scanned';
  const found = describeCounts(verdict.counts);
  return `${GATE_LABELS[verdict.outcome].toLowerCase()}${found === '' ? ', no findings' : `: ${found}`}`;
}
