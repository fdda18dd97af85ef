import { describe, expect, it } from 'vitest';
import { isObjDockerError } from '../errors.ts';
import { parseDockerfile, readDockerfile } from './dockerfile.ts';

const TEXT =
  '\ufeff  FROM --platform=linux/amd64 alpine:3.20 AS app\nRUN set -e; \\\n    # between\n\\\n  echo two\nCOPY --chown=1 a \\\n  b /d/\n';

describe('positions', () => {
  const { instructions } = parseDockerfile(TEXT, 'Dockerfile');
  const places = instructions.map(({ source, written, flags, args }) =>
    [written, ...flags, ...args].map(({ text, start }) => {
      const { line, column } = source.positionAt(start);
      return `${text}@${line}:${column}`;
    }),
  );

  it('gives every keyword, flag and word its line and column', () => {
    expect(places[0]).toEqual(['FROM@1:4', '--platform=linux/amd64@1:9', 'alpine:3.20@1:32', 'AS@1:44', 'app@1:47']);
    expect(places[2]).toEqual(['COPY@6:1', '--chown=1@6:6', 'a@6:16', 'b@7:3', '/d/@7:5']);
  });

  it('maps a place within a continued line back to the file', () => {
    const run = instructions[1];
    const at = run?.source.text.indexOf('echo') ?? -1;
    expect(run?.source.positionAt(at)).toEqual({ line: 5, column: 3 });
  });

  it('names the file and the line of what cannot be read', () => {
    try {
      parseDockerfile('FROM scratch\nENV A\n', 'x/Dockerfile');
      expect.unreachable();
    } catch (error) {
      if (!isObjDockerError(error)) throw error;
      expect(error.message).toBe('x/Dockerfile:2: ENV A has no value');
      expect(error.hint).toBe('Write ENV A=value.');
    }
  });
});

describe('random bytes', () => {
  it('are read, or rejected, in an instant: 60 times 1,000 bytes, and 60,000 at once', () => {
    let state = 12345;
    const bytes = Uint8Array.from({ length: 60_000 }, () => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return state >>> 16;
    });
    const pieces = [
      bytes,
      ...Array.from({ length: 60 }, (_, index) => bytes.subarray(index * 1000, (index + 1) * 1000)),
    ];
    const texts = [...pieces, ...pieces.map((piece) => Buffer.concat([Buffer.from('FROM a AS b\nRUN <<E '), piece]))];
    let rejected = 0;
    for (const text of texts) {
      try {
        readDockerfile(text, 'd');
      } catch (error) {
        if (!isObjDockerError(error)) throw error;
        rejected++;
      }
    }
    expect(rejected).toBeGreaterThan(100);
  }, 20_000);

  it.each([
    ['escapes', '\\'.repeat(60_000)],
    ['open braces', `FROM ${'${A:-'.repeat(10_000)}`],
    ['triggers', `FROM a\n${'ONBUILD '.repeat(7_000)}RUN x`],
    ['quotes', `FROM a\nENV A=${'"'.repeat(59_999)}`],
    ['heredocs', `FROM a\nRUN ${'<<E '.repeat(2_000)}\n`],
    ['brackets', `FROM a\nRUN ${'['.repeat(60_000)}`],
    ['spaces', `FROM a\nRUN x${' '.repeat(60_000)}\\`],
    ['commas', `FROM a\nRUN --mount=${','.repeat(60_000)} x`],
    ['patterns', `ARG A=${'a'.repeat(5_000)}\nFROM x:\${A${'%%*a'.repeat(5)}b}`],
    ['slashes', `FROM ${'a/'.repeat(20_000)}`],
    ['dashes', `FROM ${'a-'.repeat(20_000)}`],
  ])(
    '60,000 bytes of %s do not hang',
    (_name, text) => {
      try {
        readDockerfile(text, 'd');
      } catch (error) {
        expect(isObjDockerError(error)).toBe(true);
      }
    },
    5_000,
  );
});
