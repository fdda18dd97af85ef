import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createRedactor, Secret } from './secret.ts';

describe('Secret', () => {
  it('shows its value only in reveal()', () => {
    const secret = new Secret('s3cret-value');
    const shown = [
      String(secret),
      `${secret}`,
      JSON.stringify({ secret }),
      inspect({ secret }),
      Object.values(secret).join(),
    ];
    for (const text of shown) expect(text).not.toContain('s3cret-value');
    expect(secret.reveal()).toBe('s3cret-value');
  });
});

describe('createRedactor', () => {
  const credentials = { username: 'robot$axion+ci', password: new Secret('p@ss "w0rd"/?') };
  const redact = createRedactor([credentials]);
  const plain = credentials.password.reveal();

  it.each([
    ['plain', plain],
    ['in a URL', encodeURIComponent(plain)],
    ['in JSON', JSON.stringify(plain).slice(1, -1)],
    ['Basic', Buffer.from(`${credentials.username}:${plain}`).toString('base64')],
    ['base64url', Buffer.from(`${credentials.username}:${plain}`).toString('base64url')],
    ['base64 of the password', Buffer.from(plain).toString('base64')],
  ])('masks the password %s', (_form, text) => {
    expect(redact(`before ${text} after`)).toBe('before *** after');
  });

  it('leaves other text alone, and masks nothing for an empty password', () => {
    expect(redact('nothing here')).toBe('nothing here');
    expect(createRedactor([new Secret('')])('text')).toBe('text');
  });
});
