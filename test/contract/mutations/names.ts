import { ObjDockerError } from '../../../src/errors.ts';
import { type Breakage, relabel, swallow } from './mutation.ts';

const notFound = (name: string) =>
  new ObjDockerError('INSTANCE_NOT_FOUND', `no "${name}"`, { hint: 'Look.', details: { suggestions: [] } });

export const nameBreakages: readonly Breakage[] = [
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
