import { setTimeout as delay } from 'node:timers/promises';
import { ObjDockerError } from '../../../src/errors.ts';
import type { OutputChunk } from '../../../src/model/instance.ts';
import { executing, logging, type Mutation, reading, resulting, running, swallowed, upTo } from './mutation.ts';

const streams: readonly Mutation[] = [
  {
    name: 'output is decoded as text',
    fails: ['stdout and stderr of a command are separate and unchanged'],
    mutate: resulting(({ stdout }) => ({ stdout: Buffer.from(Buffer.from(stdout).toString()) })),
  },
  {
    name: 'output arrives at the end',
    fails: ['output arrives before a failure'],
    mutate: executing(() => ({
      async *loop(execution) {
        const kept: OutputChunk[] = [];
        for await (const chunk of execution) kept.push(chunk);
        yield* kept;
      },
    })),
  },
  {
    name: 'iterated output is collected, too',
    fails: ['an iterated execution yields output as it arrives, and collects none'],
    mutate: resulting(() => ({ stdout: Buffer.from('first\n') })),
  },
  {
    name: 'a command runs before it is requested',
    fails: ['a command does not run before its output or result is requested'],
    mutate: executing((execution) => {
      execution.result.catch(() => {});
      return {};
    }),
  },
  {
    name: 'output ends after 16 MiB',
    fails: ['large output arrives completely'],
    mutate: executing(() => ({ loop: (execution) => upTo(16 * 1024 * 1024, execution) })),
  },
  {
    name: 'truncated output is not reported',
    fails: [
      'collected output is truncated at the limit of each stream, and reported as such',
      'output is collected up to 10 MiB by default',
    ],
    mutate: resulting(() => ({ truncated: false })),
  },
  {
    name: 'output has no backpressure',
    fails: ['output is not read faster than it is consumed'],
    mutate: executing(() => ({
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
    name: 'input beyond 64 KiB is lost',
    fails: ['a command reads all of its input to the end'],
    mutate: running((command, { stdin, ...options }) => [
      command,
      { ...options, stdin: stdin instanceof Uint8Array ? stdin.subarray(0, 65_536) : stdin },
    ]),
  },
  {
    name: 'a command without input gets some',
    fails: ['a command without input reads end of file'],
    mutate: running((command, { stdin = 'y\n', ...options }) => [command, { ...options, stdin }]),
  },
  {
    name: 'unread input is never released',
    fails: ['a command may exit before it has read all of its input'],
    mutate: running((command, { stdin, ...options }) => {
      if (stdin === undefined || typeof stdin === 'string' || stdin instanceof Uint8Array)
        return [command, { ...options, stdin }];
      const iterator = stdin[Symbol.asyncIterator]();
      return [command, { ...options, stdin: { [Symbol.asyncIterator]: () => ({ next: () => iterator.next() }) } }];
    }),
  },
];

const terminals: readonly Mutation[] = [
  {
    name: 'commands have no terminal',
    fails: ['a command has a terminal of the given size, and one stream', 'input to a terminal acts like typing'],
    mutate: running((command, { tty: _, ...options }) => [command, options]),
  },
  {
    name: 'a resize does nothing',
    fails: ['a terminal can be resized'],
    mutate: executing(() => ({ resize: async () => {} })),
  },
  {
    name: 'a resize without terminal fails',
    fails: ['a resize does nothing for a command without a terminal, or that has exited'],
    mutate: executing((_, { tty }) =>
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

const logs: readonly Mutation[] = [
  {
    name: 'a log has only stdout',
    fails: ['a log has the output of an instance, with separate streams'],
    mutate: logging(async function* (chunks) {
      for await (const { data } of chunks) yield { stream: 'stdout', data };
    }),
  },
  {
    name: 'only running instances have a log',
    fails: [
      'a log remains after the exit of an instance, and is empty before its first start',
      'following the log of an exited instance ends',
    ],
    mutate: (good) => ({
      async *readLogs(name, options) {
        const { state } = await good.getInstance(name);
        if (state !== 'running') throw new ObjDockerError('INSTANCE_NOT_RUNNING', 'it is not running');
        yield* good.readLogs(name, options);
      },
    }),
  },
  {
    name: 'tail is ignored',
    fails: ['a log can be limited to its last lines'],
    mutate: reading(({ tail: _, ...options }) => options),
  },
  {
    name: 'timestamps is ignored',
    fails: ['each line of a log can start with its time'],
    mutate: reading(({ timestamps: _, ...options }) => options),
  },
  {
    name: 'since is ignored',
    fails: ['a log can be limited to lines since a time'],
    mutate: reading(({ since: _, ...options }) => options),
  },
  {
    name: 'follow is ignored',
    fails: ['a followed log has later output, and ends when the instance stops'],
    mutate: reading(({ follow: _, ...options }) => options),
  },
  {
    name: 'an aborted log just ends',
    fails: ['a followed log can be left, and CANCELLED by its signal'],
    mutate: logging((chunks) => swallowed('CANCELLED', chunks)),
  },
  {
    name: 'a log ends after 1 MiB',
    fails: ['a large log arrives completely'],
    mutate: logging((chunks) => upTo(1024 * 1024, chunks)),
  },
  {
    name: 'a log that is not kept is empty',
    fails: ['reading a log that is not kept is INSTANCE_LOGS_UNAVAILABLE'],
    mutate: logging((chunks) => swallowed('INSTANCE_LOGS_UNAVAILABLE', chunks)),
  },
];

export const streamMutations: readonly Mutation[] = [...streams, ...terminals, ...logs];
