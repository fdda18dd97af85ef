import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExpansionError, expandWord } from './variables.ts';

const values: Record<string, string> = { A: 'one', EMPTY: '', IMG: 'host:5000/name:tag' };
const expand = (word: string) => expandWord(word, (name) => values[name]).text;

describe('expandWord', () => {
  it.each([
    ['plain', 'plain'],
    ['$A', 'one'],
    ['${A}-x', 'one-x'],
    ['$UNSET.', '.'],
    ['${UNSET:-d}', 'd'],
    ['${EMPTY:-d}', 'd'],
    ['${EMPTY-d}', ''],
    ['${UNSET-d}', 'd'],
    ['${A:-d}', 'one'],
    ['${A:+d}', 'd'],
    ['${EMPTY:+d}', ''],
    ['${EMPTY+d}', 'd'],
    ['${UNSET:-${A}/x}', 'one/x'],
    ['${A?no}', 'one'],
    ['${IMG%:*}', 'host:5000/name'],
    ['${IMG%%:*}', 'host'],
    ['${IMG#*:}', '5000/name:tag'],
    ['${IMG##*:}', 'tag'],
    ['${IMG/:/_}', 'host_5000/name:tag'],
    ['${IMG//:/_}', 'host_5000/name_tag'],
    ["'$A'", '$A'],
    ['"$A b"', 'one b'],
    ['"\\$A"', '$A'],
    ['\\$A', '$A'],
    ['a$', 'a$'],
    ['$1', '$1'],
  ])('%s is %j', (word, expected) => {
    expect(expand(word)).toBe(expected);
  });

  it('takes another escape character', () => {
    expect(expandWord('`$A', () => 'x', '`').text).toBe('$A');
    expect(expandWord('C:\\$A', () => 'x', '`').text).toBe('C:\\x');
  });

  it('names every variable, those of a default too', () => {
    expect(expandWord('${A:-$B}/${C}', () => undefined).names).toEqual(['A', 'B', 'C']);
  });

  it.each(['${A', '${}', '"open', "'open", '${UNSET:?say}', '${A:x}', '${A~b}'])('refuses %s', (word) => {
    expect(() => expand(word)).toThrow(ExpansionError);
  });

  it('never fails in another way', () => {
    const piece = fc.constantFrom('$', '{', '}', '"', "'", '\\', '/', '#', '%', ':', '-', '*', '[', '(', 'A', 'é', '𝒜');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        try {
          expand(pieces.join(''));
        } catch (error) {
          expect(error).toBeInstanceOf(ExpansionError);
        }
      }),
    );
  });
});
