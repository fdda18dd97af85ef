import { setTimeout as delay } from 'node:timers/promises';
import { ObjDockerError } from '../../../src/errors.ts';
import { altered, filtering, listing, type Mutation, running, swallowed } from './mutation.ts';

const connection: readonly Mutation[] = [
  {
    name: 'connect returns no description',
    fails: ['connect says what it is connected to'],
    mutate: () => ({ connect: async () => ({ description: '' }) }),
  },
  {
    name: 'no call connects after close',
    fails: ['a call after close connects again'],
    mutate: (good) => {
      let closed = false;
      return {
        close: () => {
          closed = true;
        },
        getInstance: async (name, options) => {
          if (closed) throw new ObjDockerError('ENGINE_UNREACHABLE', 'closed');
          return good.getInstance(name, options);
        },
      };
    },
  },
  {
    name: 'parallel commands run the same command',
    fails: ['parallel calls do not affect one another'],
    mutate: (good) => {
      let latest: Parameters<typeof good.executeCommand>;
      return {
        executeCommand: (...call) => {
          latest = call;
          const later = () => delay(50).then(() => good.executeCommand(...latest).result);
          return altered(good.executeCommand(...call), { result: later });
        },
      };
    },
  },
  {
    name: 'parallel calls share a signal',
    fails: ['an aborted call does not affect a parallel one'],
    mutate: (good) => {
      let shared: AbortSignal | undefined;
      return {
        getInstance: (name, options) => {
          shared ??= options?.signal;
          return good.getInstance(name, { signal: shared });
        },
      };
    },
  },
  {
    name: 'an empty filter matches nothing',
    fails: ['undefined and empty options count as absent'],
    mutate: listing((rows, _, { states }) => (states?.length === 0 ? [] : rows)),
  },
  {
    name: 'readLogs of an unreachable substrate is empty',
    fails: ['every method fails like connect when the substrate is unreachable'],
    mutate: (good) => ({ readLogs: (name, options) => swallowed('ENGINE_UNREACHABLE', good.readLogs(name, options)) }),
  },
  {
    name: 'getInstance connects before it checks the name',
    fails: ['invalid input is rejected without a request to the substrate'],
    mutate: (good) => ({
      getInstance: async (name, options) => {
        await good.connect();
        return good.getInstance(name, options);
      },
    }),
  },
];

const signals: readonly Mutation[] = [
  {
    name: 'a listing ignores its signal',
    fails: ['a read with an aborted signal is CANCELLED'],
    mutate: filtering(({ signal: _, ...filters }) => filters),
  },
  {
    name: 'a start ignores its signal',
    fails: ['a change with an aborted signal is CANCELLED and changes nothing'],
    mutate: (good) => ({ startInstance: (name) => good.startInstance(name) }),
  },
  {
    name: 'a command ignores its signal',
    fails: ['a command with an aborted signal is CANCELLED and not run'],
    mutate: running((command, { signal: _, ...options }) => [command, options]),
  },
  {
    name: 'a stop ignores its signal while it waits',
    fails: ['a waiting stop ends when its signal is aborted'],
    mutate: (good) => ({ stopInstance: (name, { signal: _, ...options } = {}) => good.stopInstance(name, options) }),
  },
];

export const connectionMutations: readonly Mutation[] = [...connection, ...signals];
