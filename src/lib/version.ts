import coerce from 'semver/functions/coerce.js';
import gte from 'semver/functions/gte.js';

/**
 * Whether a version is `least` or newer. What a distribution or a pre-release adds (`0.13.1+ds1`, `20.10.24+dfsg1`,
 * `v28.0.0-rc.2`) does not count. False for text without a version in it.
 */
export function isAtLeast(version: string, least: string): boolean {
  const [found, wanted] = [coerce(version), coerce(least)];
  return found !== null && wanted !== null && gte(found, wanted);
}
