import { setTimeout as delay } from 'node:timers/promises';
import { ObjDockerError } from '../../src/errors.ts';
import {
  altered,
  type Breakage,
  detailing,
  filtering,
  listing,
  relabel,
  running,
  swallow,
  swallowed,
} from './breakage.ts';

const notFound = (name: string) =>
  new ObjDockerError('INSTANCE_NOT_FOUND', `no "${name}"`, { hint: 'Look.', details: { suggestions: [] } });

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

const names: readonly Breakage[] = [
  {
    name: 'an instance is found by its name and id only',
    fails: ['an instance is named by its name, its id, and the beginning of its id'],
    breaks: (good) => ({
      getInstance: async (name, options) => {
        const detail = await good.getInstance(name, options);
        if (detail.id !== name && detail.name !== name) throw notFound(name);
        return detail;
      },
    }),
  },
  {
    name: 'a stop takes names and ids only',
    fails: ['every method takes the beginning of an id'],
    breaks: (good) => ({
      stopInstance: async (name, options) => {
        const all = await good.listInstances();
        if (!all.some((row) => row.id === name || row.name === name)) throw notFound(name);
        return good.stopInstance(name, options);
      },
    }),
  },
  {
    name: 'an id is looked for before a name',
    fails: ["a name is meant before the beginning of another's id"],
    breaks: (good) => ({
      getInstance: async (name, options) => {
        const byId = (await good.listInstances()).find(({ id }) => name !== '' && id.startsWith(name));
        return good.getInstance(byId?.id ?? name, options);
      },
    }),
  },
  {
    name: 'the first of several is taken',
    fails: ['the beginning of several ids is INSTANCE_AMBIGUOUS, and which they are is told'],
    breaks: (good) => ({
      getInstance: async (name, options) => {
        const one = (await good.listInstances()).find(({ id }) => id.startsWith(name));
        return good.getInstance(one?.id ?? name, options);
      },
    }),
  },
  {
    name: 'stopping what is not there is done',
    fails: ['a name that no instance has is INSTANCE_NOT_FOUND for every method'],
    breaks: (good) => ({
      stopInstance: (name, options) =>
        swallow('INSTANCE_NOT_FOUND', good.stopInstance(name, options), () => ({
          id: '',
          name,
          changed: false,
          killed: false,
        })),
    }),
  },
  {
    name: 'nothing is suggested',
    fails: ['names that are near an unknown one are suggested'],
    breaks: (good) => ({
      getInstance: (name, options) =>
        swallow('INSTANCE_NOT_FOUND', good.getInstance(name, options), () => {
          throw notFound(name);
        }),
    }),
  },
  {
    name: 'an impossible name is one that is not there',
    fails: ['what no instance can be called is INSTANCE_NAME_INVALID for every method'],
    breaks: (good) => ({
      deleteInstance: (name, options) =>
        relabel('INSTANCE_NAME_INVALID', 'INSTANCE_NOT_FOUND', good.deleteInstance(name, options)),
    }),
  },
  {
    name: 'a long name is too much',
    fails: ['a name that looks like an option, or is long, is no instance'],
    breaks: (good) => ({
      getInstance: async (name, options) => {
        if (name.length > 255) throw new ObjDockerError('ENGINE_ERROR', 'URI too long');
        return good.getInstance(name, options);
      },
    }),
  },
];

const lists: readonly Breakage[] = [
  {
    name: 'only what runs is listed',
    fails: ['instances are listed whether they run, have ended or were never started'],
    breaks: listing((rows) => rows.filter(({ state }) => state === 'running')),
  },
  {
    name: 'times are numbers',
    fails: ['a listing is plain data of the documented shape'],
    breaks: listing((rows) => rows.map((row) => ({ ...row, created: String(Date.parse(row.created)) }))),
  },
  {
    name: 'the oldest is the first',
    fails: ['the newest instance is the first'],
    breaks: listing((rows) => rows.toReversed()),
  },
  {
    name: 'the value of a label is not looked at',
    fails: ['a listing is filtered by labels, all of which an instance must have'],
    breaks: filtering(({ labels = [], ...rest }) => ({
      ...rest,
      labels: labels.map((label) => label.split('=', 1)[0] ?? ''),
    })),
  },
  {
    name: 'states do not matter',
    fails: ['a listing is filtered by states, any of which will do'],
    breaks: filtering(({ states: _, ...rest }) => rest),
  },
  {
    name: 'only the first part of a name is looked at',
    fails: ['a listing is filtered by parts of names, any of which will do'],
    breaks: filtering(({ names: parts = [], ...rest }) => ({ ...rest, names: parts.slice(0, 1) })),
  },
  {
    name: 'images do not matter',
    fails: ['a listing is filtered by images, by reference and by repository'],
    breaks: filtering(({ images: _, ...rest }) => rest),
  },
  {
    name: 'one filter that passes is enough',
    fails: ['all filters that are given must pass'],
    breaks: (good) => ({
      listInstances: async ({ labels, states: _, names: parts } = {}) => {
        const found = [...(await good.listInstances({ labels })), ...(await good.listInstances({ names: parts }))];
        return found.filter(({ id }, index) => found.findIndex((row) => row.id === id) === index);
      },
    }),
  },
];

const details: readonly Breakage[] = [
  {
    name: 'the image is called by its id',
    fails: ['the detail of an instance agrees with its row in the listing'],
    breaks: detailing(({ image }) => ({ image: { ...image, reference: image.id } })),
  },
  {
    name: 'the command is one word',
    fails: ['the detail of an instance says what it runs and since when'],
    breaks: detailing(({ command }) => ({ command: [command.join(' ')] })),
  },
  {
    name: 'whatever ended ended well',
    fails: ['the detail of an instance that has ended says when and how'],
    breaks: detailing(() => ({ exitCode: 0 })),
  },
  {
    name: 'what was never started was started long ago',
    fails: ['the detail of an instance that was never started has no times and no exit code'],
    breaks: detailing(() => ({ started: '0001-01-01T00:00:00Z' })),
  },
  {
    name: 'the last probe is always well',
    fails: ['the last answer of a health check is told, and what it makes of the instance'],
    breaks: detailing(({ lastProbe }) => (lastProbe === undefined ? {} : { lastProbe: { ...lastProbe, exitCode: 0 } })),
  },
  {
    name: 'nothing was ever started again',
    fails: ['how often the substrate has started an instance again is told'],
    breaks: detailing(() => ({ restartCount: 0 })),
  },
];

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

export const instanceBreakages: readonly Breakage[] = [
  ...connection,
  ...signals,
  ...names,
  ...lists,
  ...details,
  ...starts,
  ...stops,
  ...deletes,
];
