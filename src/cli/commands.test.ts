import { describe, expect, it } from 'vitest';
import { parseCommandLine } from './command-lines.fixture.ts';
import { COMMANDS } from './commands.ts';

const EXAMPLES = COMMANDS.flatMap(({ name, examples }) => examples.map(({ command }) => [name, command] as const));

describe('the examples of the command table', () => {
  it.each(EXAMPLES)('%s: %s', (name, example) => expect(parseCommandLine(example).spec.name).toBe(name));

  it('are two or three for each command', () => {
    for (const { name, examples } of COMMANDS) expect([2, 3], name).toContain(examples.length);
  });

  it('fit on a terminal of 80 columns, except where a digest is part of them', () => {
    for (const [, example] of EXAMPLES)
      expect(example.replace(/sha256:.{64}/, 'sha256:…').length).toBeLessThanOrEqual(76);
  });
});

describe('the summaries of the command table', () => {
  it.each(COMMANDS.map(({ name, summary }) => [name, summary] as const))('%s: %s', (_name, summary) => {
    // One line of the help of the command, without its period.
    expect(summary.length).toBeLessThanOrEqual(92);
    expect(summary).not.toMatch(/^[A-Z]|\.$/);
  });
});
