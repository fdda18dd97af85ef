import { ObjDockerError } from '../../errors.ts';
import { joinWords } from '../../lib/text/words.ts';
import { withdrawnImage } from '../../release/new-record.ts';
import type { History } from '../../release/records.ts';
import type { PipelineOptions } from '../options.ts';
import type { ImagePlan } from '../stages/image-plan.ts';

/** An image that is to be released, as far as it is known. */
export interface MadeImage {
  readonly service?: string | undefined;
  readonly repository: string;
  readonly digest?: string | undefined;
  readonly inputs?: string | undefined;
}

/** What the plan knows about an image. */
export function madeImage({ image: { service, repository }, inputs, reused }: ImagePlan): MadeImage {
  const isKnown = inputs !== undefined && inputs.unknown.length === 0;
  return { service, repository, digest: reused?.pushed.digest, ...(isKnown ? { inputs: inputs.digest } : {}) };
}

/** What stops a run that would release images again which a rollback has withdrawn; undefined when there are none. */
export function withdrawnError(
  {
    pkg,
    options,
  }: { readonly pkg: { readonly name: string }; readonly options: Pick<PipelineOptions, 'releaseWithdrawn'> },
  history: Pick<History, 'ended'>,
  images: readonly MadeImage[],
): ObjDockerError | undefined {
  if (options.releaseWithdrawn === true) return undefined;
  const found = images.flatMap((image) => {
    const entry = withdrawnImage(history, image);
    return entry === undefined ? [] : [{ name: image.service ?? image.repository, entry }];
  });
  if (found.length === 0) return undefined;
  const numbers = [...new Set(found.map(({ entry }) => entry.number))];
  const names = joinWords(found.map(({ name }) => name));
  const rollbacks = joinWords(numbers.map((number) => `rollback ${number}`));
  return new ObjDockerError(
    'RELEASE_WITHDRAWN',
    `${rollbacks} of ${pkg.name} has withdrawn what this would release again: ${names}`,
    {
      hint: `Nothing was released. Change what was wrong with it, or release it all the same: --release-withdrawn. Why it was withdrawn: objdocker releases show ${numbers[0]}`,
      details: { withdrawn: found.map(({ entry }) => entry) },
    },
  );
}
