import { setTimeout as delay } from 'node:timers/promises';
import { ObjDockerError } from '../../../src/errors.ts';
import type { ExecutionResult } from '../../../src/substrate/obj-substrate.ts';
import { altered, type Breakage, executing, relabel, resulting, running, swallow, swallowed } from './mutation.ts';

const endedWith = (exitCode: number): ExecutionResult => ({
  exitCode,
  stdout: new Uint8Array(),
  stderr: new Uint8Array(),
  truncated: false,
  detached: false,
});

const commands: readonly Breakage[] = [
  {
    name: 'every failure is 1',
    fails: ["a command's exit code is told, also those that shells use for failures of their own"],
    breaks: resulting(({ exitCode }) => ({ exitCode: Math.min(exitCode, 1) })),
  },
  {
    name: 'a signal is told by its number alone',
    fails: ['a command that was ended by a signal has 128 and its number as exit code'],
    breaks: resulting(({ exitCode }) => ({ exitCode: exitCode > 128 ? exitCode - 128 : exitCode })),
  },
  {
    name: 'a shell reads the words',
    fails: ['the words of a command arrive as they are, byte for byte'],
    breaks: running((command, options) => [['sh', '-c', command.join(' ')], options]),
  },
  {
    name: 'a NUL is left out',
    fails: ['what no program can be started with is EXEC_INVALID'],
    breaks: running((command, options) => [command.map((word) => word.replaceAll('\0', '')), options]),
  },
  {
    name: 'a program that is not there is 127',
    fails: ['a program that the instance has not is EXEC_NOT_FOUND'],
    breaks: executing(() => ({ result: (good) => swallow('EXEC_NOT_FOUND', good(), () => endedWith(127)) })),
  },
  {
    name: 'a file that cannot be run is 126',
    fails: ['a file that cannot be run is EXEC_NOT_EXECUTABLE'],
    breaks: executing(() => ({ result: (good) => swallow('EXEC_NOT_EXECUTABLE', good(), () => endedWith(126)) })),
  },
  {
    name: 'an instance is started for a command',
    fails: ['a command in an instance that does not run is INSTANCE_NOT_RUNNING'],
    breaks: (good) => ({
      executeCommand: (name, command, options) =>
        altered(good.executeCommand(name, command, options), {
          result: (result) => good.startInstance(name).then(result),
        }),
    }),
  },
  {
    name: 'what is paused does not run',
    fails: ['a command in an instance that is paused is INSTANCE_PAUSED'],
    breaks: executing(() => ({ result: (good) => relabel('INSTANCE_PAUSED', 'INSTANCE_NOT_RUNNING', good()) })),
  },
  {
    name: 'what is added to the environment replaces it',
    fails: ["a command's environment is the instance's and what was added"],
    breaks: running((command, { env, ...options }) => [
      env === undefined ? command : ['env', '-i', 'PATH=/bin', ...command],
      options,
    ]),
  },
  {
    name: 'the folder does not matter',
    fails: ['a command runs in the folder that it was given'],
    breaks: running((command, { workdir: _, ...options }) => [command, options]),
  },
  {
    name: 'the user does not matter',
    fails: ['a command runs as the user that it was given'],
    breaks: running((command, { user: _, ...options }) => [command, options]),
  },
];

const ends: readonly Breakage[] = [
  {
    name: 'a command that ran out of time is left alone',
    fails: ['a command that runs out of time is ended in the instance: TIMEOUT'],
    breaks: (good) => ({
      executeCommand: (name, command, { timeoutMs, ...options } = {}) => {
        const late = async () => {
          await delay(timeoutMs);
          throw new ObjDockerError('TIMEOUT', 'late');
        };
        const execution = good.executeCommand(name, command, options);
        return timeoutMs === undefined
          ? execution
          : altered(execution, { result: (result) => Promise.race([result(), late()]) });
      },
    }),
  },
  {
    name: 'milliseconds are thousands of a millisecond',
    fails: ['a command that ends in time has nothing of its time-out'],
    breaks: running((command, { timeoutMs, ...options }) => [
      command,
      { ...options, timeoutMs: timeoutMs && timeoutMs / 1000 },
    ]),
  },
  {
    name: 'a command whose signal is aborted is left alone',
    fails: ['a command whose signal is aborted is ended in the instance: CANCELLED'],
    breaks: (good) => ({
      executeCommand: (name, command, { signal, ...options } = {}) => {
        const execution = good.executeCommand(name, command, options);
        const aborted = new Promise<never>((_, reject) => {
          signal?.addEventListener('abort', () => reject(new ObjDockerError('CANCELLED', 'cancelled')));
        });
        return altered(execution, { result: (result) => Promise.race([result(), aborted]) });
      },
    }),
  },
  {
    name: 'leaving the loop leaves the command alone',
    fails: ['a command whose loop is left early is ended in the instance'],
    breaks: executing(() => ({
      loop: (execution) => {
        const iterator = execution[Symbol.asyncIterator]();
        return { [Symbol.asyncIterator]: () => ({ next: () => iterator.next() }) };
      },
    })),
  },
  {
    name: 'a command whose instance stopped has ended by a signal',
    fails: ['a command whose instance stops is INSTANCE_STOPPED'],
    breaks: executing(() => ({ loop: (execution) => swallowed('INSTANCE_STOPPED', execution) })),
  },
];

export const executeBreakages: readonly Breakage[] = [...commands, ...ends];
