import { ObjDockerError } from '../../errors.ts';
import { type GivenOptions, textsOf } from '../framework/option-values.ts';

/** @throws {ObjDockerError} USAGE for a text that is not a number of a release. */
export function numberOfRelease(text: string, name: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new ObjDockerError('USAGE', `${name} ${JSON.stringify(text)} is not a whole number above 0`, {
    hint: 'Give a number as objdocker releases lists it, such as 12.',
  });
}

/** The numbers of `--ignore-record`; undefined when it is not given. */
export function ignoredRecordsOf(given: GivenOptions): readonly number[] | undefined {
  return textsOf(given, 'ignoreRecord')?.map((text) => numberOfRelease(text, '--ignore-record'));
}
