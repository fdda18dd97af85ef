import { setTimeout as delay } from 'node:timers/promises';
import { ObjDockerError } from '../../../src/errors.ts';
import type { ExecutionResult } from '../../../src/substrate/obj-substrate.ts';
import { altered, executing, type Mutation, relabel, resulting, running, swallow, swallowed } from './mutation.ts';

const endedWith = (exitCode: number): ExecutionResult => ({
  exitCode,
  stdout: new Uint8Array(),
  stderr: new Uint8Array(),
  truncated: false,
  detached: false,
});

const commands: readonly Mutation[] = [
  {
    name: 'every exit code above 0 is 1',
    fails: ["a command's exit code is reported, also one that shells use for their own failures"],
    mutate: resulting(({ exitCode }) => ({ exitCode: Math.min(exitCode, 1) })),
  },
  {
    name: 'a killed command has the signal number as exit code',
    fails: ['a command that was killed has 128 plus the signal number as exit code'],
    mutate: resulting(({ exitCode }) => ({ exitCode: exitCode > 128 ? exitCode - 128 : exitCode })),
  },
  {
    name: 'a shell interprets the arguments',
    fails: ['the arguments of a command arrive unchanged'],
    mutate: running((command, options) => [['sh', '-c', command.join(' ')], options]),
  },
  {
    name: 'a NUL is removed',
    fails: ['arguments that no program can take are EXEC_INVALID'],
    mutate: running((command, options) => [command.map((word) => word.replaceAll('\0', '')), options]),
  },
  {
    name: 'a missing program is exit code 127',
    fails: ['a program that does not exist is EXEC_NOT_FOUND'],
    mutate: executing(() => ({ result: (good) => swallow('EXEC_NOT_FOUND', good(), () => endedWith(127)) })),
  },
  {
    name: 'a file that cannot be executed is exit code 126',
    fails: ['a file that cannot be executed is EXEC_NOT_EXECUTABLE'],
    mutate: executing(() => ({ result: (good) => swallow('EXEC_NOT_EXECUTABLE', good(), () => endedWith(126)) })),
  },
  {
    name: 'a command starts its instance',
    fails: ['a command in an instance that is not running is INSTANCE_NOT_RUNNING'],
    mutate: (good) => ({
      executeCommand: (name, command, options) =>
        altered(good.executeCommand(name, command, options), {
          result: (result) => good.startInstance(name).then(result),
        }),
    }),
  },
  {
    name: 'a paused instance counts as not running',
    fails: ['a command in a paused instance is INSTANCE_PAUSED'],
    mutate: executing(() => ({ result: (good) => relabel('INSTANCE_PAUSED', 'INSTANCE_NOT_RUNNING', good()) })),
  },
  {
    name: 'given variables replace the environment',
    fails: ["a command's environment is that of the instance plus the given variables"],
    mutate: running((command, { env, ...options }) => [
      env === undefined ? command : ['env', '-i', 'PATH=/bin', ...command],
      options,
    ]),
  },
  {
    name: 'the working directory is ignored',
    fails: ['a command runs in the given directory'],
    mutate: running((command, { workdir: _, ...options }) => [command, options]),
  },
  {
    name: 'the user is ignored',
    fails: ['a command runs as the given user'],
    mutate: running((command, { user: _, ...options }) => [command, options]),
  },
];

const ends: readonly Mutation[] = [
  {
    name: 'a command keeps running after its time-out',
    fails: ['a command that exceeds its time-out is TIMEOUT and ended in the instance'],
    mutate: (good) => ({
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
    name: 'the time-out is a thousand times too short',
    fails: ['a command that ends in time is not affected by its time-out'],
    mutate: running((command, { timeoutMs, ...options }) => [
      command,
      { ...options, timeoutMs: timeoutMs && timeoutMs / 1000 },
    ]),
  },
  {
    name: 'a command keeps running after its signal is aborted',
    fails: ['a command whose signal is aborted is CANCELLED and ended in the instance'],
    mutate: (good) => ({
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
    name: 'a command keeps running after its loop is left',
    fails: ['a command whose loop is left early is ended in the instance'],
    mutate: executing(() => ({
      loop: (execution) => {
        const iterator = execution[Symbol.asyncIterator]();
        return { [Symbol.asyncIterator]: () => ({ next: () => iterator.next() }) };
      },
    })),
  },
  {
    name: 'the stop of an instance only ends the output of its commands',
    fails: ['a command whose instance stops is INSTANCE_STOPPED'],
    mutate: executing(() => ({ loop: (execution) => swallowed('INSTANCE_STOPPED', execution) })),
  },
];

export const executeMutations: readonly Mutation[] = [...commands, ...ends];
