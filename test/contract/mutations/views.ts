import { detailing, filtering, listing, type Mutation } from './mutation.ts';

const lists: readonly Mutation[] = [
  {
    name: 'a listing has only running instances',
    fails: ['a listing has running, exited and created instances'],
    mutate: listing((rows) => rows.filter(({ state }) => state === 'running')),
  },
  {
    name: 'times are numbers',
    fails: ['a listing is plain data in the documented shape'],
    mutate: listing((rows) => rows.map((row) => ({ ...row, created: String(Date.parse(row.created)) }))),
  },
  {
    name: 'a listing starts with the oldest instance',
    fails: ['a listing starts with the newest instance'],
    mutate: listing((rows) => rows.toReversed()),
  },
  {
    name: 'the value of a label filter is ignored',
    fails: ['a listing is filtered by labels, and an instance must have all of them'],
    mutate: filtering(({ labels = [], ...rest }) => ({
      ...rest,
      labels: labels.map((label) => label.split('=', 1)[0] ?? ''),
    })),
  },
  {
    name: 'the filter by states is ignored',
    fails: ['a listing is filtered by states, and any of them matches'],
    mutate: filtering(({ states: _, ...rest }) => rest),
  },
  {
    name: 'only the first name filter counts',
    fails: ['a listing is filtered by parts of names, and any of them matches'],
    mutate: filtering(({ names: parts = [], ...rest }) => ({ ...rest, names: parts.slice(0, 1) })),
  },
  {
    name: 'the filter by images is ignored',
    fails: ['a listing is filtered by images, by reference and by repository'],
    mutate: filtering(({ images: _, ...rest }) => rest),
  },
  {
    name: 'an instance must pass one filter',
    fails: ['an instance must pass all filters'],
    mutate: (good) => ({
      listInstances: async ({ labels, states: _, names: parts } = {}) => {
        const found = [...(await good.listInstances({ labels })), ...(await good.listInstances({ names: parts }))];
        return found.filter(({ id }, index) => found.findIndex((row) => row.id === id) === index);
      },
    }),
  },
];

const details: readonly Mutation[] = [
  {
    name: 'the image reference is its id',
    fails: ['the detail of an instance matches its row in the listing'],
    mutate: detailing(({ image }) => ({ image: { ...image, reference: image.id } })),
  },
  {
    name: 'the command is one string',
    fails: ['the detail of an instance has its command and start time'],
    mutate: detailing(({ command }) => ({ command: [command.join(' ')] })),
  },
  {
    name: 'every exit code is 0',
    fails: ['the detail of an exited instance has its end time and exit code'],
    mutate: detailing(() => ({ exitCode: 0 })),
  },
  {
    name: 'a created instance has a start time',
    fails: ['the detail of a created instance has no times and no exit code'],
    mutate: detailing(() => ({ started: '0001-01-01T00:00:00Z' })),
  },
  {
    name: 'every probe succeeds',
    fails: ['the detail of an instance has its health and the last probe'],
    mutate: detailing(({ lastProbe }) => (lastProbe === undefined ? {} : { lastProbe: { ...lastProbe, exitCode: 0 } })),
  },
  {
    name: 'the number of restarts is 0',
    fails: ['the detail of an instance has the number of restarts'],
    mutate: detailing(() => ({ restartCount: 0 })),
  },
];

export const viewMutations: readonly Mutation[] = [...lists, ...details];
