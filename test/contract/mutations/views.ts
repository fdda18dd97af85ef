import { type Breakage, detailing, filtering, listing } from './mutation.ts';

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

export const viewBreakages: readonly Breakage[] = [...lists, ...details];
