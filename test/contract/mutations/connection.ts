import { setTimeout as delay } from 'node:timers/promises';
import { ObjDockerError } from '../../../src/errors.ts';
import { altered, type Breakage, filtering, listing, running, swallowed } from './mutation.ts';

const connection: readonly Breakage[] = [
  {
    name: 'connect says nothing',
    fails: ['connect says what it is connected to'],
    breaks: () => ({ connect: async () => ({ description: '' }) }),
  },
  {
    name: 'close is for ever',
    fails: ['a call after close connects again'],
    breaks: (good) => {
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
    name: 'commands share what they run',
    fails: ['calls at the same time do not disturb one another'],
    breaks: (good) => {
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
    name: 'calls share their signal',
    fails: ['a call that is aborted leaves another at the same time alone'],
    breaks: (good) => {
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
    name: 'a filter without values lets nothing pass',
    fails: ['options that say nothing are as good as none'],
    breaks: listing((rows, _, { states }) => (states?.length === 0 ? [] : rows)),
  },
  {
    name: 'logs are empty where nothing answers',
    fails: ['every method fails as connect does when the substrate is out of reach'],
    breaks: (good) => ({ readLogs: (name, options) => swallowed('ENGINE_UNREACHABLE', good.readLogs(name, options)) }),
  },
  {
    name: 'the substrate is asked first',
    fails: ['what cannot be right is refused without asking the substrate'],
    breaks: (good) => ({
      getInstance: async (name, options) => {
        await good.connect();
        return good.getInstance(name, options);
      },
    }),
  },
];

const signals: readonly Breakage[] = [
  {
    name: 'a listing does not look at its signal',
    fails: ['a question with an aborted signal is CANCELLED'],
    breaks: filtering(({ signal: _, ...filters }) => filters),
  },
  {
    name: 'a start does not look at its signal',
    fails: ['a change with an aborted signal is CANCELLED and changes nothing'],
    breaks: (good) => ({ startInstance: (name) => good.startInstance(name) }),
  },
  {
    name: 'a command does not look at its signal',
    fails: ['a command with an aborted signal is CANCELLED and not run'],
    breaks: running((command, { signal: _, ...options }) => [command, options]),
  },
  {
    name: 'a stop looks at its signal only in the beginning',
    fails: ['a stop that waits ends when its signal is aborted'],
    breaks: (good) => ({ stopInstance: (name, { signal: _, ...options } = {}) => good.stopInstance(name, options) }),
  },
];

export const connectionBreakages: readonly Breakage[] = [...connection, ...signals];
