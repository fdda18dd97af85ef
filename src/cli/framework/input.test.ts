import type { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { CommandInput } from './input.ts';

/** A terminal that notes when it is made raw and when not. */
function terminal() {
  const modes: boolean[] = [];
  const stream = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (raw: boolean) => modes.push(raw) });
  return { stream, modes };
}

const bytesOf = async (input: CommandInput): Promise<string> => {
  const pieces: Uint8Array[] = [];
  for await (const piece of input) pieces.push(piece);
  return Buffer.concat(pieces).toString();
};

const listeners = (emitter: EventEmitter) => emitter.eventNames().map((name) => [name, emitter.listenerCount(name)]);

describe('CommandInput', () => {
  const before = listeners(process);
  afterEach(() => expect(listeners(process)).toEqual(before));

  it('passes everything on, to the end of the stream', async () => {
    const stream = new PassThrough();
    using input = new CommandInput(stream);
    const read = bytesOf(input);
    stream.write('one ');
    setTimeout(() => stream.end('two'), 10);
    expect(await read).toBe('one two');
  });

  it('ends when the stream fails', async () => {
    const stream = new PassThrough();
    using input = new CommandInput(stream);
    const read = bytesOf(input);
    setTimeout(() => stream.destroy(new Error('EIO')), 10);
    expect(await read).toBe('');
  });

  it('releases a waiting reader and the stream when it is disposed of', async () => {
    const stream = new PassThrough();
    const input = new CommandInput(stream);
    const waiting = input[Symbol.asyncIterator]().next();
    input[Symbol.dispose]();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(stream.listenerCount('readable')).toBe(0);
    expect(stream.isPaused()).toBe(true);
  });

  it('makes a terminal raw from the first read until it is disposed of', async () => {
    const { stream, modes } = terminal();
    const input = new CommandInput(stream, { raw: true });
    expect(modes).toEqual([]);
    const first = input[Symbol.asyncIterator]().next();
    expect(modes).toEqual([true]);
    stream.write('x');
    expect(await first).toMatchObject({ done: false });
    input[Symbol.dispose]();
    expect(modes).toEqual([true, false]);
  });

  it('restores a terminal when the process exits, and reports that it was closed', async () => {
    const { stream, modes } = terminal();
    using input = new CommandInput(stream, { raw: true });
    const waiting = input[Symbol.asyncIterator]().next();
    for (const listener of process.listeners('exit').slice(-1)) listener(0);
    expect(modes).toEqual([true, false]);
    for (const listener of process.listeners('SIGHUP').slice(-1)) listener('SIGHUP');
    expect(await waiting).toMatchObject({ done: true });
    expect(input.hangUp.aborted).toBe(true);
  });

  it('leaves a terminal as it is until the first read', () => {
    const { stream, modes } = terminal();
    new CommandInput(stream, { raw: true })[Symbol.dispose]();
    expect(modes).toEqual([]);
    expect(listeners(stream)).toEqual(listeners(terminal().stream));
  });
});
