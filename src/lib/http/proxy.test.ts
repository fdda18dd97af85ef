import { describe, expect, it } from 'vitest';
import { proxyFor } from './proxy.ts';

const env = { HTTP_PROXY: 'proxy.corp:3128', HTTPS_PROXY: 'http://secure.corp:3129' };
const via = (url: string, more: Record<string, string> = {}) => proxyFor(new URL(url), { ...env, ...more });

describe('proxyFor', () => {
  it('uses the proxy of the scheme, and adds the scheme to a bare host', () => {
    expect(via('http://registry.corp/')).toBe('http://proxy.corp:3128');
    expect(via('https://registry.corp/')).toBe('http://secure.corp:3129');
    expect(proxyFor(new URL('https://registry.corp/'), {})).toBeUndefined();
  });

  it('prefers the lower-case variable, as curl and Go do', () => {
    expect(via('http://registry.corp/', { http_proxy: 'http://lower:1' })).toBe('http://lower:1');
  });

  it.each(['http://localhost:5000/', 'http://127.8.9.1:5000/', 'https://[::1]/', 'http://registry.localhost/'])(
    'never proxies loopback: %s',
    (url) => expect(via(url)).toBeUndefined(),
  );

  it.each([
    ['registry.corp', 'https://registry.corp/', true],
    ['corp', 'https://registry.corp/', true],
    ['.corp', 'https://registry.corp/', true],
    ['*.corp', 'https://registry.corp/', true],
    ['REGISTRY.corp', 'https://registry.corp/', true],
    ['orp', 'https://registry.corp/', false],
    ['registry.corp:8443', 'https://registry.corp/', false],
    ['registry.corp:443', 'https://registry.corp/', true],
    ['a.example, 10.0.0.0/8', 'http://10.0.10.5:5000/', true],
    ['10.0.11.0/24', 'http://10.0.10.5:5000/', false],
    ['10.0.0.0/99', 'http://10.0.10.5:5000/', false],
    ['fd00::/8', 'http://[fd00::5]:5000/', true],
    ['[fd00::5]:5000', 'http://[fd00::5]:5000/', true],
    ['*', 'https://anything.example/', true],
  ])('NO_PROXY=%s and %s: direct is %s', (noProxy, url, direct) => {
    expect(via(url, { NO_PROXY: noProxy }) === undefined).toBe(direct);
  });
});
