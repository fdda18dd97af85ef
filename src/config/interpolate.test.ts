import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeTemplate, expand, parseTemplate, variablesOf } from './interpolate.ts';

const lookup = (variable: string) => ({ A: 'one', B: 'two', EMPTY: '', TRICKY: '${A}' })[variable];

describe('expand', () => {
  it.each([
    ['', ''],
    ['plain', 'plain'],
    ['${A}', 'one'],
    ['x${A}-${B}y', 'xone-twoy'],
    ['${EMPTY}', ''],
    ['robot$axion+ci', 'robot$axion+ci'],
    ['$', '$'],
    ['$$', '$$'],
    ['$A', '$A'],
    ['$1', '$1'],
    ['$${A}', '${A}'],
    ['$$${A}', '$${A}'],
    ['$${', '${'],
    ['${A}$${A}', 'one${A}'],
    // What a variable holds is text, not a template.
    ['${TRICKY}', '${A}'],
  ])('%s is %s', (written, text) => expect(expand(parseTemplate(written), lookup)).toBe(text));

  it('is undefined when a variable is not set', () => {
    expect(expand(parseTemplate('${A}${NONE}'), lookup)).toBeUndefined();
    expect(variablesOf(parseTemplate('${A}${NONE}${A}'))).toEqual(['A', 'NONE']);
  });
});

it.each(['${', '${}', '${A', '${A:-x}', '${1}', '${A B}', 'pa${ss'])('%s is an invalid template', (written) => {
  const { problem } = parseTemplate(written);
  expect(problem).toContain('"${"');
  expect(problem).not.toContain('ss');
});

it('an escaped text expands to the original text', () => {
  const text = fc.array(fc.constantFrom('$', '{', '}', 'A', '${A}', '$${', ' ')).map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.oneof(fc.string(), text), (original) => {
      expect(expand(parseTemplate(escapeTemplate(original)), () => undefined)).toBe(original);
    }),
  );
});
