import { setTimeout as delay } from 'node:timers/promises';
import { ObjDockerError } from '../../../src/errors.ts';
import { type Breakage, swallow } from './mutation.ts';

const starts: readonly Breakage[] = [
  {
    name: 'a start does not wait',
    fails: ['an instance runs when its start is done'],
    breaks: (good) => ({
      startInstance: async (name) => {
        const { id, name: whole } = await good.getInstance(name);
        void delay(1_000).then(() => good.startInstance(id).catch(() => {}));
        return { id, name: whole, changed: true, state: 'running' };
      },
    }),
  },
  {
    name: 'a start starts again what runs',
    fails: ['starting an instance that runs leaves it alone'],
    breaks: (good) => ({
      startInstance: async (name) => {
        await good.stopInstance(name, { force: true });
        return { ...(await good.startInstance(name)), changed: false };
      },
    }),
  },
  {
    name: 'what has ended is left alone',
    fails: ['an instance that has ended can be started again'],
    breaks: (good) => ({
      startInstance: async (name) => {
        const { id, name: whole, state } = await good.getInstance(name);
        if (state !== 'exited') return good.startInstance(name);
        return { id, name: whole, changed: false, state };
      },
    }),
  },
  {
    name: 'ending is failing, whatever the code',
    fails: ['starting an instance that does its work and ends with 0 is done'],
    breaks: (good) => ({
      startInstance: async (name) => {
        const result = await good.startInstance(name);
        await delay(500);
        if ((await good.getInstance(name)).state === 'running') return result;
        throw new ObjDockerError('INSTANCE_START_FAILED', 'it ended', { hint: 'Look at its log.' });
      },
    }),
  },
  {
    name: 'a start that failed is done',
    fails: [
      'an instance that ends at once with another code than 0 is INSTANCE_START_FAILED',
      'an instance that the substrate cannot start is INSTANCE_START_FAILED',
    ],
    breaks: (good) => ({
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
    name: 'what is paused runs',
    fails: ['starting an instance that is paused is INSTANCE_PAUSED'],
    breaks: (good) => ({
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

const stops: readonly Breakage[] = [
  {
    name: 'a stop is always by force',
    fails: ['an instance is asked to end, and has ended when its stop is done'],
    breaks: (good) => ({ stopInstance: (name, options) => good.stopInstance(name, { ...options, force: true }) }),
  },
  {
    name: 'that an instance was ended is kept quiet',
    fails: ['an instance that does not end in time is ended, and that is told'],
    breaks: (good) => ({
      stopInstance: async (name, options) => ({ ...(await good.stopInstance(name, options)), killed: false }),
    }),
  },
  {
    name: 'force does not matter',
    fails: ['a stop by force asks for nothing'],
    breaks: (good) => ({ stopInstance: (name, { force: _, ...options } = {}) => good.stopInstance(name, options) }),
  },
  {
    name: 'every stop has changed something',
    fails: ['stopping an instance that does not run leaves it alone'],
    breaks: (good) => ({
      stopInstance: async (name, options) => ({ ...(await good.stopInstance(name, options)), changed: true }),
    }),
  },
  {
    name: 'only the process is asked to end, not the substrate to let it be',
    fails: ['an instance that the substrate would start again stays stopped'],
    breaks: (good) => ({
      stopInstance: async (name) => {
        await good.executeCommand(name, ['sh', '-c', 'kill -TERM 1']).result.catch(() => {});
        return { id: name, name, changed: true, killed: false, exitCode: 7 };
      },
    }),
  },
];

const deletes: readonly Breakage[] = [
  {
    name: 'a delete only stops',
    fails: ['an instance is gone when its delete is done, and its name is free'],
    breaks: (good) => ({
      deleteInstance: async (name) => {
        const { id, name: whole } = await good.stopInstance(name);
        return { id, name: whole, changed: true };
      },
    }),
  },
  {
    name: 'a delete is always by force',
    fails: [
      'an instance that runs is not deleted: INSTANCE_RUNNING, and nothing changed',
      'an instance that is paused is not deleted: INSTANCE_RUNNING',
    ],
    breaks: (good) => ({ deleteInstance: (name, options) => good.deleteInstance(name, { ...options, force: true }) }),
  },
  {
    name: 'a delete by force is refused',
    fails: ['an instance that runs is deleted by force'],
    breaks: (good) => ({
      deleteInstance: async (name, { force: _, ...options } = {}) => good.deleteInstance(name, options),
    }),
  },
];

export const changeBreakages: readonly Breakage[] = [...starts, ...stops, ...deletes];
