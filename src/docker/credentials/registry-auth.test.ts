import { describe, expect, it } from 'vitest';
import { Secret } from '../../lib/secret.ts';
import { registryAuthHeader } from './registry-auth.ts';

describe('registryAuthHeader', () => {
  it.each(['a', 'ab', 'abc', 'abcd', '?>~ÿ€'])(
    'is padded base64url, which Go requires, for the password %s',
    (password) => {
      const header = registryAuthHeader('registry.example.com', {
        credentials: { username: 'robot$axion+ci', password: new Secret(password) },
      });
      expect(header.length % 4).toBe(0);
      expect(header).toMatch(/^[A-Za-z0-9_-]+={0,2}$/);
      expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({
        username: 'robot$axion+ci',
        password,
        serveraddress: 'registry.example.com',
      });
    },
  );

  it('is an empty object without credentials', () => {
    expect(Buffer.from(registryAuthHeader('localhost:5000', {}), 'base64url').toString()).toBe('{}');
  });
});
