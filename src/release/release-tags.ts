import { BUILD_CACHE_TAG } from '../config/image-name.ts';

/**
 * The tags of releases. In the releases repository: `12` is record 12, which its promotion holds as its lock; `12.end` says how it
 * ended, and `12.void` that it was undone completely. On images: `release-12` is of record 12, `before-12` was public before it.
 */

/** @example lockTag(12) // '12' */
export function lockTag(number: number): string {
  return String(number);
}

export function endTag(number: number): string {
  return `${number}.end`;
}

export function voidTag(number: number): string {
  return `${number}.void`;
}

export function releaseTag(number: number): string {
  return `release-${number}`;
}

export function beforeTag(number: number): string {
  return `before-${number}`;
}

/** The number of the record that a tag of the releases repository belongs to. */
export function numberOfTag(tag: string): number | undefined {
  const match = /^([1-9]\d{0,8})(?:\.end|\.void)?$/.exec(tag);
  return match === null ? undefined : Number(match[1]);
}

/** Whether a tag keeps an image that a release needs. */
export function isImageTag(tag: string): boolean {
  return /^(?:release|before)-\d+$/.test(tag);
}

/** Why a tag cannot be a public one; undefined when it can. */
export function reservedTag(tag: string): string | undefined {
  if (isImageTag(tag)) return 'has the form of the tags that keep the images of releases';
  if (tag === BUILD_CACHE_TAG) return 'is the tag of the build cache';
  if (tag.startsWith('objdocker-')) return "has the form of the pipeline's own tags";
  return undefined;
}
