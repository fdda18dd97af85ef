import type { PipelineImage, Promotion } from './pipeline-run.ts';

/** What stands out most among what happened to the public tags of an image. */
export function mainPromotion({ tags }: Pick<PipelineImage, 'tags'>): Promotion {
  const order: readonly Promotion[] = ['in-doubt', 'undone', 'moved', 'created', 'unchanged'];
  return order.find((promotion) => tags.some((each) => each.promotion === promotion)) ?? 'none';
}
