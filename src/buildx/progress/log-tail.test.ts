import { describe, expect, it } from 'vitest';
import { LogTail } from './log-tail.ts';

describe('LogTail', () => {
  it('keeps the last lines', () => {
    const tail = new LogTail();
    for (let i = 1; i <= 50; i++) tail.add('stdout', `out ${i}`);
    expect(tail.lines).toHaveLength(20);
    expect([tail.lines[0], tail.lines.at(-1)]).toEqual(['out 31', 'out 50']);
  });

  it('keeps an error line that came before much output', () => {
    const tail = new LogTail();
    tail.add('stderr', 'what is wrong');
    for (let i = 1; i <= 50; i++) tail.add('stdout', `out ${i}`);
    expect(tail.lines[0]).toBe('what is wrong');
    expect(tail.lines).toHaveLength(20);
    expect(tail.lines.at(-1)).toBe('out 50');
  });

  it('keeps the last of many errors', () => {
    const tail = new LogTail();
    for (let i = 1; i <= 50; i++) tail.add('stderr', `error ${i}`);
    expect([tail.lines.length, tail.lines.at(-1)]).toEqual([20, 'error 50']);
  });
});
