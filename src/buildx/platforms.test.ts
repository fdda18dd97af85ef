import { describe, expect, it } from 'vitest';
import { normalizePlatform, normalizePlatforms } from './platforms.ts';

describe('normalizePlatform', () => {
  it.each([
    ['linux/amd64', 'linux/amd64'],
    ['linux/x86_64', 'linux/amd64'],
    ['Linux/AArch64', 'linux/arm64'],
    ['linux/arm64/v8', 'linux/arm64'],
    ['arm64', 'linux/arm64'],
    ['linux/arm', 'linux/arm/v7'],
    ['linux/arm/v6', 'linux/arm/v6'],
    ['linux/amd64/v3', 'linux/amd64/v3'],
  ])('reads %s as %s', (text, expected) => {
    expect(normalizePlatform(text)).toBe(expected);
  });

  it.each([
    '',
    'linux',
    'linux/',
    'linux/amd46',
    'macos/arm64',
    'linux/amd64/v2/x',
    'linux/amd64,',
    '-x',
    '$(id)',
    'a\nb',
    'linux/arm64/nope',
    '__proto__',
    'linux/constructor',
  ])('rejects %j', (text) => {
    expect(() => normalizePlatforms([text])).toThrow(expect.objectContaining({ code: 'PLATFORM_INVALID' }));
  });

  it('suggests a similar platform', () => {
    expect(() => normalizePlatform('linux/amd46')).toThrow('did you mean "linux/amd64"');
    expect(() => normalizePlatform('arm46')).toThrow('did you mean "arm64"');
    expect(() => normalizePlatform('-x')).toThrow(/is not a platform$/);
  });

  it('drops duplicates and splits at commas', () => {
    expect(normalizePlatforms(['linux/amd64,linux/arm64', 'aarch64'])).toEqual(['linux/amd64', 'linux/arm64']);
  });
});
