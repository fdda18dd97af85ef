import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isObjDockerError } from './errors.ts';
import { familiarName, formatImageReference, parseDigestPrefix, parseImageReference } from './image-ref.ts';

const SHA256 = `sha256:${'0123456789abcdef'.repeat(4)}`;

describe('parseImageReference', () => {
  it.each([
    ['python', { domain: 'docker.io', path: 'library/python' }],
    ['python:3.12', { domain: 'docker.io', path: 'library/python', tag: '3.12' }],
    ['grafana/loki', { domain: 'docker.io', path: 'grafana/loki' }],
    ['docker.io/python', { domain: 'docker.io', path: 'library/python' }],
    ['index.docker.io/python', { domain: 'docker.io', path: 'library/python' }],
    ['localhost/python', { domain: 'localhost', path: 'python' }],
    ['localhost:5000/python:1', { domain: 'localhost:5000', path: 'python', tag: '1' }],
    ['localhost:5000', { domain: 'docker.io', path: 'library/localhost', tag: '5000' }],
    ['registry.example.com/a/b/c', { domain: 'registry.example.com', path: 'a/b/c' }],
    ['Registry/a', { domain: 'Registry', path: 'a' }],
    ['[::1]:5000/axion/api:x', { domain: '[::1]:5000', path: 'axion/api', tag: 'x' }],
    ['[2001:db8::1]/api', { domain: '[2001:db8::1]', path: 'api' }],
    [`127.0.0.1:5000/api:1.0@${SHA256}`, { domain: '127.0.0.1:5000', path: 'api', tag: '1.0', digest: SHA256 }],
    [`api@${SHA256}`, { domain: 'docker.io', path: 'library/api', digest: SHA256 }],
    ['a.b/c__d/e---f/g.h_i', { domain: 'a.b', path: 'c__d/e---f/g.h_i' }],
    ['a.b/c:_tag.-x', { domain: 'a.b', path: 'c', tag: '_tag.-x' }],
  ])('reads %s', (text, reference) => expect(parseImageReference(text)).toEqual(reference));

  it.each([
    ['', 'it is empty'],
    ['a b', 'a space'],
    ['a\nb', 'a line break'],
    ['https://registry.example.com/api', 'starts with "https://"'],
    ['registry.example.com/Api', 'the repository must be lower case'],
    ['Python', 'the repository must be lower case'],
    ['registry.example.com/', 'the repository is missing'],
    ['/api', 'the registry is missing'],
    ['a.b//c', 'an empty part'],
    ['a.b/c/', 'an empty part'],
    ['a.b/../c', 'each part of the repository'],
    ['a.b/-c', 'each part of the repository'],
    ['a.b/c___d', 'each part of the repository'],
    ['a.b/c:', 'the tag after ":" is missing'],
    ['a.b/c:-x', 'the tag may contain'],
    ['a.b/c:x+y', 'the tag may contain'],
    ['a.b/c:x:y', 'the tag may contain'],
    [`a.b/c:${'x'.repeat(129)}`, 'longer than 128'],
    ['a.b/c@', 'the digest'],
    ['a.b/c@md5:d41d8cd98f00b204e9800998ecf8427e', 'sha256:, sha384: or sha512:'],
    ['a.b/c@sha256:abc', '64 lower-case hexadecimal digits'],
    [`a.b/c@${SHA256.toUpperCase().replace('SHA256', 'sha256')}`, '64 lower-case hexadecimal digits'],
    ['a.b:0/c', 'between 1 and 65535'],
    ['a.b:65536/c', 'between 1 and 65535'],
    ['a.b:x/c', 'between 1 and 65535'],
    ['a_b.c/d', 'letters, digits, "-" and "."'],
    ['-a.b/c', 'letters, digits, "-" and "."'],
    ['[::g]:5000/c', 'IPv6'],
    ['0123456789abcdef'.repeat(4), 'an image id'],
    [`a.b/${'c'.repeat(300)}`, 'longer than 255'],
    [`${'a.'.repeat(100)}b/${'c'.repeat(60)}`, 'together are longer than 255'],
  ])('refuses %s', (text, reason) => {
    expect(() => parseImageReference(text)).toThrow(expect.objectContaining({ code: 'REFERENCE_INVALID' }));
    expect(() => parseImageReference(text)).toThrow(reason);
  });

  it('does not show credentials or very long texts in errors', () => {
    expect(() => parseImageReference('https://ci:hunter2@registry/api')).toThrow(/^(?!.*hunter2)/s);
    expect(() => parseImageReference('ci:hunter2@registry.example.com/api')).toThrow(/^(?!.*hunter2)/s);
    expect(() => parseImageReference('x'.repeat(10_000))).toThrow(/^.{1,200}$/s);
    expect(() => parseImageReference('a\u001b[31m\u202e\u009b')).toThrow(/^"a\\e\[31m\\u202e\\x9b"/);
  });
});

describe('familiarName', () => {
  it.each([
    ['docker.io/library/python:3', 'python:3'],
    ['docker.io/grafana/loki', 'grafana/loki'],
    ['registry.example.com/axion/api:1', 'registry.example.com/axion/api:1'],
    ['docker.io/library/a/b', 'library/a/b'],
    // Without its registry this one would be read as `c` in the registry `a.b`.
    ['docker.io/a.b/c', 'docker.io/a.b/c'],
  ])('%s is %s', (full, short) => expect(familiarName(parseImageReference(full))).toBe(short));
});

const component = fc.stringMatching(/^[a-z0-9]{1,8}((\.|_|__|-{1,3})[a-z0-9]{1,8}){0,2}$/);
const label = fc.stringMatching(/^[a-zA-Z0-9]([a-zA-Z0-9-]{0,6}[a-zA-Z0-9])?$/);
const host = fc.oneof(
  fc.array(label, { minLength: 2, maxLength: 4 }).map((labels) => labels.join('.')),
  fc.constantFrom('localhost', '[::1]', '[2001:db8::8a2e]', '127.0.0.1', 'docker.io'),
);
const reference = fc
  .record({
    host,
    port: fc.option(fc.integer({ min: 1, max: 65_535 })),
    path: fc.array(component, { minLength: 1, maxLength: 3 }),
    tag: fc.option(fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/)),
    digest: fc.option(fc.stringMatching(/^sha256:[0-9a-f]{64}$/)),
  })
  .map(({ host, port, path, tag, digest }) =>
    [
      host,
      port === null ? '' : `:${port}`,
      '/',
      path.join('/'),
      tag === null ? '' : `:${tag}`,
      digest === null ? '' : `@${digest}`,
    ].join(''),
  );

describe('of any reference', () => {
  it('parsing a formatted reference returns the same reference, in full and familiar form', () => {
    fc.assert(
      fc.property(reference, (text) => {
        const parsed = parseImageReference(text);
        expect(parseImageReference(formatImageReference(parsed))).toEqual(parsed);
        expect(parseImageReference(familiarName(parsed))).toEqual(parsed);
      }),
      { numRuns: 1_000 },
    );
  });

  it('formatting a parsed reference with a registry returns the same text', () => {
    fc.assert(
      fc.property(reference, (text) => {
        fc.pre(!text.startsWith('docker.io/'));
        expect(formatImageReference(parseImageReference(text))).toBe(text);
      }),
    );
  });

  it('any other text is REFERENCE_INVALID', () => {
    const nearly = fc.array(fc.constantFrom(...'aA0._-/:@[]% $\u0000\n\u00e9', 'sha256:', 'docker.io', 'localhost'), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          nearly.map((parts) => parts.join('')),
        ),
        (text) => {
          try {
            const parsed = parseImageReference(text);
            expect(parseImageReference(formatImageReference(parsed))).toEqual(parsed);
          } catch (error) {
            if (!isObjDockerError(error)) throw error;
            expect(error.code).toBe('REFERENCE_INVALID');
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe('parseDigestPrefix', () => {
  const HEX = '0123456789abcdef'.repeat(4);

  it.each([
    ['0123456', 'sha256:0123456'],
    ['sha256:0123456', 'sha256:0123456'],
    ['0123456789ab…', 'sha256:0123456789ab'],
    [HEX, `sha256:${HEX}`],
    [`sha256:${HEX}`, `sha256:${HEX}`],
    ['sha512:0123456', 'sha512:0123456'],
  ])('reads %s', (text, prefix) => expect(parseDigestPrefix(text)).toBe(prefix));

  it.each([
    '',
    '012345',
    'sha256:012345',
    '0123456g',
    'ABCDEF0',
    `${HEX}0`,
    `sha256:${HEX}0`,
    'md5:0123456',
    '1.0.1234567',
  ])('is undefined for %j', (text) => expect(parseDigestPrefix(text)).toBeUndefined());
});
