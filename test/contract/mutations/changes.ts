import { setTimeout as delay } from 'node:timers/promises';
import { ObjDockerError } from '../../../src/errors.ts';
import { type Mutation, swallow } from './mutation.ts';

const starts: readonly Mutation[] = [
  {
    name: 'a start does not wait',
    fails: ['an instance is running after its start'],
    mutate: (good) => ({
      startInstance: async (name) => {
        const { id, name: whole } = await good.getInstance(name);
        void delay(1_000).then(() => good.startInstance(id).catch(() => {}));
        return { id, name: whole, changed: true, state: 'running' };
      },
    }),
  },
  {
    name: 'a start restarts a running instance',
    fails: ['starting a running instance changes nothing'],
    mutate: (good) => ({
      startInstance: async (name) => {
        await good.stopInstance(name, { force: true });
        return { ...(await good.startInstance(name)), changed: false };
      },
    }),
  },
  {
    name: 'a start ignores an exited instance',
    fails: ['an exited instance can be started again'],
    mutate: (good) => ({
      startInstance: async (name) => {
        const { id, name: whole, state } = await good.getInstance(name);
        if (state !== 'exited') return good.startInstance(name);
        return { id, name: whole, changed: false, state };
      },
    }),
  },
  {
    name: 'a start fails for any exit code',
    fails: ['starting an instance that exits with 0 succeeds'],
    mutate: (good) => ({
      startInstance: async (name) => {
        const result = await good.startInstance(name);
        await delay(500);
        if ((await good.getInstance(name)).state === 'running') return result;
        throw new ObjDockerError('INSTANCE_START_FAILED', 'it ended', { hint: 'Look at its log.' });
      },
    }),
  },
  {
    name: 'a failed start succeeds',
    fails: [
      'an instance that exits at once with a code other than 0 is INSTANCE_START_FAILED',
      'an instance that the substrate cannot start is INSTANCE_START_FAILED',
    ],
    mutate: (good) => ({
      startInstance: (name, options) =>
        swallow('INSTANCE_START_FAILED', good.startInstance(name, options), () => ({
          id: name,
          name,
          changed: true,
          state: 'exited',
        })),
    }),
  },
  {
    name: 'a start of a paused instance succeeds',
    fails: ['starting a paused instance is INSTANCE_PAUSED'],
    mutate: (good) => ({
      startInstance: (name, options) =>
        swallow('INSTANCE_PAUSED', good.startInstance(name, options), () => ({
          id: name,
          name,
          changed: false,
          state: 'running',
        })),
    }),
  },
];

const stops: readonly Mutation[] = [
  {
    name: 'a stop always kills',
    fails: ['a stop lets an instance exit by itself, and waits for it'],
    mutate: (good) => ({ stopInstance: (name, options) => good.stopInstance(name, { ...options, force: true }) }),
  },
  {
    name: 'a stop does not report a kill',
    fails: ['a stop kills an instance that does not exit in time, and reports it'],
    mutate: (good) => ({
      stopInstance: async (name, options) => ({ ...(await good.stopInstance(name, options)), killed: false }),
    }),
  },
  {
    name: 'a stop ignores force',
    fails: ['a forced stop kills an instance at once'],
    mutate: (good) => ({ stopInstance: (name, { force: _, ...options } = {}) => good.stopInstance(name, options) }),
  },
  {
    name: 'every stop reports a change',
    fails: ['stopping an instance that is not running changes nothing'],
    mutate: (good) => ({
      stopInstance: async (name, options) => ({ ...(await good.stopInstance(name, options)), changed: true }),
    }),
  },
  {
    name: 'a stop signals the process and leaves the restart policy on',
    fails: ['a stopped instance is not restarted'],
    mutate: (good) => ({
      stopInstance: async (name) => {
        await good.executeCommand(name, ['sh', '-c', 'kill -TERM 1']).result.catch(() => {});
        return { id: name, name, changed: true, killed: false, exitCode: 7 };
      },
    }),
  },
];

const deletes: readonly Mutation[] = [
  {
    name: 'a delete only stops',
    fails: ['an instance is gone after its delete, and its name is free'],
    mutate: (good) => ({
      deleteInstance: async (name) => {
        const { id, name: whole } = await good.stopInstance(name);
        return { id, name: whole, changed: true };
      },
    }),
  },
  {
    name: 'a delete always forces',
    fails: [
      'deleting a running instance is INSTANCE_RUNNING and changes nothing',
      'deleting a paused instance is INSTANCE_RUNNING',
    ],
    mutate: (good) => ({ deleteInstance: (name, options) => good.deleteInstance(name, { ...options, force: true }) }),
  },
  {
    name: 'a delete ignores force',
    fails: ['a forced delete removes a running instance'],
    mutate: (good) => ({
      deleteInstance: async (name, { force: _, ...options } = {}) => good.deleteInstance(name, options),
    }),
  },
];

export const changeMutations: readonly Mutation[] = [...starts, ...stops, ...deletes];
