import { describe, expect, it } from 'vitest';
import { readRegistries } from './read-registries.ts';
import type { Registries } from './registries.ts';

/** Values as gopkg.in/yaml.v2 2.4.0 decodes them into k3s's types. */
const DECODED: [text: string, decoded: unknown][] = [
  [
    'mirrors:\n  a: {endpoint: [x]}\nmirrors:\n  b: {endpoint: [y]}\n',
    { a: { endpoint: ['x'] }, b: { endpoint: ['y'] } },
  ],
  ['mirrors:\n  a: {endpoint: [x], rewrite: {q: r}}\n  a: {endpoint: [y]}\n', { a: { endpoint: ['y'] } }],
  [
    'mirrors:\n  a:\n    endpoint: [x]\n    endpoint: [y, z]\n    rewrite: {a: b}\n    rewrite: {c: d}\n',
    { a: { endpoint: ['y', 'z'], rewrite: { a: 'b', c: 'd' } } },
  ],
  [
    'configs:\n  a:\n    auth: {username: u, password: p}\n    auth: {username: v}\n',
    { a: { username: 'v', password: 'p' } },
  ],
  ['configs:\n  a: {auth: {username: u, username: w}}\n', { a: { username: 'w' } }],
  ['mirrors:\nmirrors: {b: {endpoint: [y]}}\n', { b: { endpoint: ['y'] } }],
  ['mirrors: {b: {endpoint: [y]}}\nmirrors:\n', {}],
  ['mirrors: {a: {<<: {endpoint: [z]}, endpoint: [x]}}\n', { a: { endpoint: ['x'] } }],
  ['mirrors: {a: {endpoint: [x], <<: {endpoint: [z]}}}\n', { a: { endpoint: ['z'] } }],
  ['mirrors: {a: {<<: [{endpoint: [x]}, {endpoint: [z]}]}}\n', { a: { endpoint: ['x'] } }],
  ['mirrors: {a: {endpoint: [x]}}\n---\nmirrors: {b: {endpoint: [y]}}\n', { a: { endpoint: ['x'] } }],
  ['mirrors: {a: {endpoint: [x]}}\n---\n[broken\n', { a: { endpoint: ['x'] } }],
  ['mirrors: {a: {endpoint: [x]}}\n...\nrest: [\n', { a: { endpoint: ['x'] } }],
  ['---\n---\nmirrors: {b: {endpoint: [y]}}\n', {}],
  ['%YAML 1.1\n---\nmirrors: {b: {endpoint: [y]}}\n', { b: { endpoint: ['y'] } }],
  ['%TAG ! tag:x,2000:\n---\nmirrors: {b: {endpoint: [y]}}\n', { b: { endpoint: ['y'] } }],
];

describe('a registries.yaml is decoded as k3s decodes it:', () => {
  it.each(DECODED)('%j', (text, decoded) => {
    expect(plain(readRegistries(text, 'registries.yaml').registries)).toEqual(decoded);
  });
});

function plain({ mirrors, configs }: Registries): unknown {
  const entries = [
    ...[...mirrors].map(([host, { endpoints, rewrite }]) => {
      const rewrites = rewrite.size === 0 ? {} : { rewrite: Object.fromEntries(rewrite) };
      return [host, { endpoint: endpoints, ...rewrites }] as const;
    }),
    ...[...configs].map(([host, { auth }]) => {
      const password = auth?.password === undefined ? {} : { password: auth.password.reveal() };
      return [host, { ...(auth?.username === undefined ? {} : { username: auth.username }), ...password }] as const;
    }),
  ];
  return Object.fromEntries(entries);
}
