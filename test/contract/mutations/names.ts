import { ObjDockerError } from '../../../src/errors.ts';
import { type Mutation, relabel, swallow } from './mutation.ts';

const notFound = (name: string) =>
  new ObjDockerError('INSTANCE_NOT_FOUND', `no "${name}"`, { hint: 'Look.', details: { suggestions: [] } });

export const nameMutations: readonly Mutation[] = [
  {
    name: 'getInstance takes no prefix of an id',
    fails: ['an instance is found by its name, its id and a prefix of its id'],
    mutate: (good) => ({
      getInstance: async (name, options) => {
        const detail = await good.getInstance(name, options);
        if (detail.id !== name && detail.name !== name) throw notFound(name);
        return detail;
      },
    }),
  },
  {
    name: 'a stop takes no prefix of an id',
    fails: ['every method accepts a prefix of an id'],
    mutate: (good) => ({
      stopInstance: async (name, options) => {
        const all = await good.listInstances();
        if (!all.some((row) => row.id === name || row.name === name)) throw notFound(name);
        return good.stopInstance(name, options);
      },
    }),
  },
  {
    name: 'a prefix of an id takes precedence over a name',
    fails: ['a name takes precedence over a prefix of another id'],
    mutate: (good) => ({
      getInstance: async (name, options) => {
        const byId = (await good.listInstances()).find(({ id }) => name !== '' && id.startsWith(name));
        return good.getInstance(byId?.id ?? name, options);
      },
    }),
  },
  {
    name: 'the first of several matches is used',
    fails: ['a prefix of several ids is INSTANCE_AMBIGUOUS, with the matches'],
    mutate: (good) => ({
      getInstance: async (name, options) => {
        const one = (await good.listInstances()).find(({ id }) => id.startsWith(name));
        return good.getInstance(one?.id ?? name, options);
      },
    }),
  },
  {
    name: 'stopping an unknown instance succeeds',
    fails: ['a name that no instance has is INSTANCE_NOT_FOUND for every method'],
    mutate: (good) => ({
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
    name: 'no names are suggested',
    fails: ['similar names are suggested for an unknown one'],
    mutate: (good) => ({
      getInstance: (name, options) =>
        swallow('INSTANCE_NOT_FOUND', good.getInstance(name, options), () => {
          throw notFound(name);
        }),
    }),
  },
  {
    name: 'an invalid name is INSTANCE_NOT_FOUND',
    fails: ['an invalid name is INSTANCE_NAME_INVALID for every method'],
    mutate: (good) => ({
      deleteInstance: (name, options) =>
        relabel('INSTANCE_NAME_INVALID', 'INSTANCE_NOT_FOUND', good.deleteInstance(name, options)),
    }),
  },
  {
    name: 'a long name is ENGINE_ERROR',
    fails: ['a name that is long or looks like an option is not found or invalid'],
    mutate: (good) => ({
      getInstance: async (name, options) => {
        if (name.length > 255) throw new ObjDockerError('ENGINE_ERROR', 'URI too long');
        return good.getInstance(name, options);
      },
    }),
  },
];
