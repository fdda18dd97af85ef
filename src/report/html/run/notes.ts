import { joinWords } from '../../../lib/text/words.ts';
import type { PipelineRun, Recovery } from '../../../model/pipeline-run.ts';
import { h, type PageChild, type PageNode } from '../page-node.ts';

/** Warnings, what earlier runs left behind, and what this run leaves. */
export function runNotes(run: PipelineRun): PageNode | undefined {
  const parts = [
    part('Warnings', run.warnings),
    part('Left by earlier runs', run.recovered.map(recovery)),
    part('Staging tags that are still there', run.staged),
    part('registries.yaml', registries(run)),
  ].filter((node) => node !== undefined);
  if (parts.length === 0) return undefined;
  return h(
    'section',
    { class: 'notes', 'aria-labelledby': 'notes' },
    h('h2', { id: 'notes' }, 'Notes'),
    h('div', { class: 'columns' }, ...parts),
  );
}

function part(title: string, lines: readonly (PageChild | readonly PageChild[])[]): PageNode | undefined {
  if (lines.length === 0) return undefined;
  return h('div', { class: 'note' }, h('h3', {}, title), h('ul', {}, ...lines.map((line) => h('li', {}, line))));
}

function recovery({ release, action, references }: Recovery): string {
  const named = references.length === 0 ? '' : `: ${joinWords(references)}`;
  switch (action) {
    case 'finished':
      return `Release ${release} was finished, for all its images had passed${named}.`;
    case 'undone':
      return `Release ${release} could not be finished and was undone${named}.`;
    case 'complete':
      return `Release ${release} had moved all its tags; only its end was not on record.`;
  }
}

function registries({ registries: written }: PipelineRun): string[] {
  if (written === undefined) return [];
  return [written.changed ? `Written to ${written.path}.` : `${written.path} was as it should be.`];
}
