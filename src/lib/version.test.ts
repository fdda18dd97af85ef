import { expect, it } from 'vitest';
import { isAtLeast } from './version.ts';

it.each([
  ['0.13.1+ds1', '0.13'],
  ['v0.31.1', '0.13'],
  ['23.0.0-rc.1', '23'],
  ['28.2.2', '23'],
  ['1.45', '1.45'],
  ['1.100', '1.99'],
])('%s is at least %s', (version, least) => expect(isAtLeast(version, least)).toBe(true));

it.each([
  ['0.12.0+azure-2', '0.13'],
  ['20.10.24+dfsg1', '23'],
  ['1.9', '1.10'],
  ['', '1'],
  ['unknown', '1'],
])('%j is not at least %s', (version, least) => expect(isAtLeast(version, least)).toBe(false));
