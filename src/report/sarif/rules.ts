import { escapeUnprintable } from '../../lib/text/sanitize.ts';
import type { FindingSeverity } from '../../model/enums.ts';
import type { Finding } from '../../model/scan-report.ts';
import { safeLink } from '../html-text.ts';
import type { ScannedImage } from '../scanned-image.ts';
import type { Lazy } from './lazy-json.ts';

/** The severities as SARIF's levels. */
export const LEVELS: Readonly<Record<FindingSeverity, string>> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  low: 'note',
  negligible: 'note',
  unknown: 'warning',
};

// For a finding without a score: the middle of the range that code hosts give to each severity.
const SCORES: Readonly<Record<FindingSeverity, number | undefined>> = {
  critical: 9.5,
  high: 8,
  medium: 5.5,
  low: 2,
  negligible: 0,
  unknown: undefined,
};

/** GitHub's code scanning takes no file with more tags at a rule. */
const MAX_TAGS = 20;

/** A rule for each vulnerability, with the description of the first image that has it. */
export function* sarifRules(images: readonly ScannedImage[]): Generator<Lazy, void> {
  const known = new Set<string>();
  for (const { scan } of images) {
    for (const finding of scan.findings) {
      if (known.has(finding.id)) continue;
      known.add(finding.id);
      yield rule(finding);
    }
  }
}

function rule(finding: Finding): Lazy {
  const { severity, links, cwes } = finding;
  const id = escapeUnprintable(finding.id);
  const description = escapeUnprintable(finding.description) || `${id}, which the scanner does not describe.`;
  const score = finding.score ?? SCORES[severity];
  return {
    id,
    shortDescription: { text: `${id}: ${firstSentence(description)}` },
    fullDescription: { text: description },
    helpUri: links.map(safeLink).find((link) => link !== undefined),
    help: { text: [description, ...links.map(escapeUnprintable)].join('\n') },
    defaultConfiguration: { level: LEVELS[severity] },
    properties: {
      // The format of GitHub's code scanning: a CVSS score as text.
      'security-severity': score?.toFixed(1),
      precision: 'very-high',
      tags: ['security', 'vulnerability', severity, ...new Set(cwes.map(escapeUnprintable))].slice(0, MAX_TAGS),
    },
  };
}

function firstSentence(text: string): string {
  const [sentence = ''] = /^.*?[.!?](?=\s|$)/s.exec(text) ?? [text];
  const line = sentence.replace(/\s+/g, ' ').trim();
  return line.length > 200 ? `${line.slice(0, 199)}…` : line;
}
