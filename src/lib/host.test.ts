import { expect, it } from 'vitest';
import { isLoopback, splitPort } from './host.ts';

it.each(['localhost', 'LOCALHOST:5000', '127.0.0.1', '127.8.9.1:5000', '[::1]', '[::1]:5000', '[0:0:0:0:0:0:0:1]'])(
  '%s is loopback',
  (host) => expect(isLoopback(host)).toBe(true),
);

it.each(['', 'registry.localhost', 'localhost.example', '127.0.0.1.example', '128.0.0.1', '[::2]', '[::11]'])(
  '%j is not loopback',
  (host) => expect(isLoopback(host)).toBe(false),
);

it('removes the port', () => {
  expect(['a:5000', '[::1]:5000', '[::1]', 'a'].map(splitPort)).toEqual([
    { host: 'a', port: '5000' },
    { host: '[::1]', port: '5000' },
    { host: '[::1]' },
    { host: 'a' },
  ]);
});
