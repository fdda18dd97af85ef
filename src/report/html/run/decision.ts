import { count, formatNumber, joinWords } from '../../../lib/text/words.ts';
import type { AllowedFinding, AppliedPolicy, Verdict } from '../../../model/verdict.ts';
import type { RunImage } from '../../run-images.ts';
import { h, type PageNode } from '../page-node.ts';
import { severityName } from '../severity-name.ts';
import { type TableColumn, table } from '../table.ts';

/** The maximum number of listed findings. */
const LISTED = 100;

/** The decision of the gate: the policy, the allowed findings with their reasons, and the expired entries. */
export function runDecision(verdict: Verdict, images: readonly RunImage[]): PageNode {
  const allowed = mergeAllowed(images);
  return h(
    'section',
    { class: 'decision', 'aria-labelledby': 'decision' },
    h('h2', { id: 'decision' }, 'How the gate decided'),
    h('p', {}, policySentence(verdict.policy)),
    ...letPass(verdict),
    ...notes(images),
    allowed.length === 0
      ? undefined
      : h(
          'div',
          { class: 'allowances' },
          h('h3', {}, 'Allowed by the allow-list'),
          table(
            {
              id: 'allowed-table',
              class: 'card-table',
              caption: 'Allowed findings',
              columns: allowedColumns(images.length),
            },
            allowed.slice(0, LISTED),
          ),
          allowed.length > LISTED
            ? h('p', { class: 'aside' }, `and ${formatNumber(allowed.length - LISTED)} more: see the table of findings`)
            : undefined,
        ),
    verdict.expired.length === 0
      ? undefined
      : h(
          'div',
          { class: 'allowances' },
          h('h3', {}, 'Expired: they allow nothing any more'),
          h(
            'ul',
            { class: 'expired' },
            verdict.expired.map(({ id, reason, until, findings }) =>
              h(
                'li',
                {},
                h('span', { class: 'id' }, id),
                ` until ${until}: ${reason} `,
                h('span', { class: 'aside' }, `(${findings === 0 ? 'nothing has it' : count(findings, 'finding')})`),
              ),
            ),
          ),
        ),
    verdict.unused.length === 0
      ? undefined
      : h('p', { class: 'aside' }, `In the allow-list and found in no image: ${joinWords(verdict.unused)}.`),
  );
}

function policySentence({ failOn, ignoreUnfixed, ignoreStatus, unknown, requirePackages }: AppliedPolicy): string {
  const threshold =
    failOn === 'none'
      ? 'The policy rejects no image for its findings'
      : `The policy rejects an image for a finding that is ${failOn === 'critical' ? 'critical' : `${failOn} or worse`}`;
  const unfixed = failOn === 'none' ? '' : ignoreUnfixed ? ' and has a fix' : ', with or without a fix';
  const statuses =
    failOn === 'none' || ignoreStatus.length === 0
      ? ''
      : `; unfixed findings with the status ${joinWords(ignoreStatus)} pass`;
  const packages = requirePackages ? ' An image without known packages is rejected.' : '';
  return `${threshold}${unfixed}${statuses}; findings of unknown severity ${unknown === 'fail' ? 'reject too' : 'pass'}.${packages}`;
}

function letPass({ images }: Verdict): PageNode[] {
  const sum = (key: 'unknownPassed' | 'unfixedPassed' | 'statusPassed') =>
    images.reduce((all, image) => all + image[key], 0);
  const unfixed = sum('unfixedPassed');
  const unknown = sum('unknownPassed');
  const byStatus = sum('statusPassed');
  const parts = [
    ...(unfixed > 0 ? [`${count(unfixed, 'finding')} without a fix`] : []),
    ...(byStatus > 0 ? [`${count(byStatus, 'finding')} by status`] : []),
    ...(unknown > 0 ? [`${count(unknown, 'finding')} of unknown severity`] : []),
  ];
  return parts.length === 0 ? [] : [h('p', {}, `Passed, counted in each image: ${joinWords(parts)}.`)];
}

/** What to know about the results, each note with the images that it is about. */
function notes(images: readonly RunImage[]): PageNode[] {
  const byNote = new Map<string, string[]>();
  for (const { name, verdict } of images) {
    for (const note of verdict?.notes ?? []) byNote.set(note, [...(byNote.get(note) ?? []), name]);
  }
  return [...byNote].map(([note, names]) => {
    const where = names.length === images.length && images.length > 1 ? 'All images' : joinWords(names);
    return h('p', {}, `${where}: ${note}.`);
  });
}

interface AllowedRow {
  readonly finding: AllowedFinding;
  readonly images: string[];
}

function mergeAllowed(images: readonly RunImage[]): AllowedRow[] {
  const rows = new Map<string, AllowedRow>();
  for (const { name, verdict } of images) {
    for (const finding of verdict?.allowed ?? []) {
      const key = [finding.id, finding.package, finding.version].join('\0');
      const row = rows.get(key);
      if (row === undefined) rows.set(key, { finding, images: [name] });
      else row.images.push(name);
    }
  }
  return [...rows.values()];
}

function allowedColumns(images: number): TableColumn<AllowedRow>[] {
  return [
    { key: 'severity', label: 'Severity', cell: ({ finding }) => severityName(finding.severity) },
    {
      key: 'id',
      label: 'Vulnerability',
      heading: true,
      cell: ({ finding }) => [
        h('span', { class: 'id' }, finding.id),
        h('span', { class: 'tally' }, `${finding.package} ${finding.version}`),
      ],
    },
    { key: 'reason', label: 'Reason', cell: ({ finding }) => finding.reason },
    {
      key: 'until',
      label: 'Until',
      cell: ({ finding }) => finding.until ?? h('span', { class: 'absent' }, 'no end'),
    },
    {
      key: 'in',
      label: 'In',
      cell: ({ images: names }) =>
        images > 1 && names.length === images ? `all ${count(images, 'image')}` : joinWords(names),
    },
  ];
}
