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

function recovery({ run, action, references }: Recovery): string {
  const named = references.length === 0 ? '' : `: ${joinWords(references)}`;
  switch (action) {
    case 'finished':
      return `The promotion of ${run} was finished, for all its images had passed${named}.`;
    case 'undone':
      return `The promotion of ${run} could not be finished and was undone${named}.`;
    case 'complete':
      return `The promotion of ${run} was complete; only its journal was left.`;
    case 'not-started':
      return `${run} had moved no tag.`;
    case 'superseded':
      return `The tags of ${run} have been moved again since: none was touched.`;
  }
}

function registries({ registries: written }: PipelineRun): string[] {
  if (written === undefined) return [];
  return [written.changed ? `Written to ${written.path}.` : `${written.path} was as it should be.`];
}
