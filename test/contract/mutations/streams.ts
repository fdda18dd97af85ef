import { setTimeout as delay } from 'node:timers/promises';
import { ObjDockerError } from '../../../src/errors.ts';
import type { OutputChunk } from '../../../src/model/instance.ts';
import { type Breakage, executing, logging, reading, resulting, running, swallowed, upTo } from './mutation.ts';

const streams: readonly Breakage[] = [
  {
    name: 'output is text',
    fails: ['stdout and stderr of a command are apart, and exact to the byte'],
    breaks: resulting(({ stdout }) => ({ stdout: Buffer.from(Buffer.from(stdout).toString()) })),
  },
  {
    name: 'output comes at the end',
    fails: ['a command that fails after its output has that output first'],
    breaks: executing(() => ({
      async *loop(execution) {
        const kept: OutputChunk[] = [];
        for await (const chunk of execution) kept.push(chunk);
        yield* kept;
      },
    })),
  },
  {
    name: 'output that was iterated is collected all the same',
    fails: ['an execution is iterated for output as it comes, and then collects none'],
    breaks: resulting(() => ({ stdout: Buffer.from('first\n') })),
  },
  {
    name: 'a command runs at once',
    fails: ['a command does not run before its output or its result is asked for'],
    breaks: executing((execution) => {
      execution.result.catch(() => {});
      return {};
    }),
  },
  {
    name: 'output ends after 16 MiB',
    fails: ['large output arrives whole'],
    breaks: executing(() => ({ loop: (execution) => upTo(16 * 1024 * 1024, execution) })),
  },
  {
    name: 'that output was cut is kept quiet',
    fails: [
      'collected output is cut at the limit of each stream, and that is told',
      'output is collected up to 10 MiB when no limit is given',
    ],
    breaks: resulting(() => ({ truncated: false })),
  },
  {
    name: 'output is read ahead',
    fails: ['output is read no faster than it is taken'],
    breaks: executing(() => ({
      async *loop(execution) {
        const ahead: OutputChunk[] = [];
        let ended = false;
        const iterator = execution[Symbol.asyncIterator]();
        const all = (async () => {
          for (let next = await iterator.next(); !next.done && !ended; next = await iterator.next())
            ahead.push(next.value);
          await iterator.return?.();
        })();
        try {
          while (true) {
            const chunk = ahead.shift();
            if (chunk === undefined) await delay(5);
            else yield chunk;
          }
        } finally {
          ended = true;
          await all;
        }
      },
    })),
  },
  {
    name: 'more than 64 KiB of input is lost',
    fails: ['a command reads what it is given, whole and to its end'],
    breaks: running((command, { stdin, ...options }) => [
      command,
      { ...options, stdin: stdin instanceof Uint8Array ? stdin.subarray(0, 65_536) : stdin },
    ]),
  },
  {
    name: 'a command that is given nothing is given something',
    fails: ['a command that is given nothing to read is at its end at once'],
    breaks: running((command, { stdin = 'y\n', ...options }) => [command, { ...options, stdin }]),
  },
  {
    name: 'what a command is given is never let go',
    fails: ['a command may end before it has read all that it is given'],
    breaks: running((command, { stdin, ...options }) => {
      if (stdin === undefined || typeof stdin === 'string' || stdin instanceof Uint8Array)
        return [command, { ...options, stdin }];
      const iterator = stdin[Symbol.asyncIterator]();
      return [command, { ...options, stdin: { [Symbol.asyncIterator]: () => ({ next: () => iterator.next() }) } }];
    }),
  },
];

const terminals: readonly Breakage[] = [
  {
    name: 'there are no terminals',
    fails: [
      'a command has a terminal of the size that it was given, and one stream',
      'what is written to a terminal is typed',
    ],
    breaks: running((command, { tty: _, ...options }) => [command, options]),
  },
  {
    name: 'a terminal keeps its size',
    fails: ['a terminal is told its new size'],
    breaks: executing(() => ({ resize: async () => {} })),
  },
  {
    name: 'what has no terminal cannot be told a size',
    fails: ['a new size does nothing to a command without a terminal, or that has ended'],
    breaks: executing((_, { tty }) =>
      tty === undefined
        ? {
            resize: async () => {
              throw new ObjDockerError('USAGE', 'there is no terminal');
            },
          }
        : {},
    ),
  },
];

const logs: readonly Breakage[] = [
  {
    name: 'a log is one stream',
    fails: ['what an instance wrote is there, the two streams apart'],
    breaks: logging(async function* (chunks) {
      for await (const { data } of chunks) yield { stream: 'stdout', data };
    }),
  },
  {
    name: 'only what runs has a log',
    fails: [
      'the log of an instance that has ended is there, and of one that never ran is empty',
      'the log of an instance that has ended ends, also when it is followed',
    ],
    breaks: (good) => ({
      async *readLogs(name, options) {
        const { state } = await good.getInstance(name);
        if (state !== 'running') throw new ObjDockerError('INSTANCE_NOT_RUNNING', 'it does not run');
        yield* good.readLogs(name, options);
      },
    }),
  },
  {
    name: 'all lines come, however many are asked for',
    fails: ['as many lines as are asked for come from the end'],
    breaks: reading(({ tail: _, ...options }) => options),
  },
  {
    name: 'times are left out',
    fails: ['each line begins with its time when that is asked for'],
    breaks: reading(({ timestamps: _, ...options }) => options),
  },
  {
    name: 'all lines come, whenever they were written',
    fails: ['only what was written since a time is there'],
    breaks: reading(({ since: _, ...options }) => options),
  },
  {
    name: 'nothing is followed',
    fails: ['a log that is followed has what is written later, and ends when the instance stops'],
    breaks: reading(({ follow: _, ...options }) => options),
  },
  {
    name: 'a log that is cancelled just ends',
    fails: ['a log that is followed can be left, and CANCELLED by its signal'],
    breaks: logging((chunks) => swallowed('CANCELLED', chunks)),
  },
  {
    name: 'a log ends after 1 MiB',
    fails: ['a large log arrives whole'],
    breaks: logging((chunks) => upTo(1024 * 1024, chunks)),
  },
  {
    name: 'a log that is not kept is empty',
    fails: ['the log of an instance of which none is kept is INSTANCE_LOGS_UNAVAILABLE'],
    breaks: logging((chunks) => swallowed('INSTANCE_LOGS_UNAVAILABLE', chunks)),
  },
];

export const streamBreakages: readonly Breakage[] = [...streams, ...terminals, ...logs];
