import { describe, expect, test } from 'vitest';
import type { ReleasedService, ReleaseRecord } from '../model/release.ts';
import { isUnchanged, type NewRecordOptions, newRecord, type ReleaseImage, releasesOf } from './new-record.ts';
import { encodeRecord } from './record-manifest.ts';
import type { History, StoredRecord } from './records.ts';

function digest(content: string): string {
  return `sha256:${Buffer.from(content).toString('hex').padEnd(64, '0')}`;
}

function image(content: string, more: Partial<ReleaseImage> = {}): ReleaseImage {
  return {
    service: 'api',
    repository: 'axion/api-shop',
    digest: digest(content),
    platforms: [],
    built: '2026-05-31T08:00:00.000Z',
    inputs: digest(`inputs of ${content}`),
    carried: false,
    ...more,
  };
}

/** The record that follows, whose tags all point to its images when it has ended. */
function next(
  images: readonly ReleaseImage[],
  before?: ReleaseRecord,
  more: Partial<NewRecordOptions> = {},
): ReleaseRecord {
  const current = before === undefined ? undefined : stored(before);
  const history: History = {
    newest: before?.number ?? 0,
    ...(current === undefined ? {} : { newestDigest: current.digest, ended: current, released: current }),
  };
  return newRecord({
    run: 'objdocker-20260531T081500Z-3f9a1c2b7d4e',
    package: 'shop',
    created: new Date('2026-05-31T08:15:00Z'),
    by: {},
    history,
    currents: [current],
    tags: ['latest'],
    images,
    found: ({ repository }) => before?.services.find((each) => each.repository === repository)?.digest,
    ...more,
  });
}

function stored(record: ReleaseRecord): StoredRecord {
  return { digest: digest(`record ${record.number}`), record };
}

function service({ services }: ReleaseRecord): ReleasedService {
  const [first] = services;
  if (first === undefined) throw new Error('the record has no service');
  return first;
}

function releases(count: number, images: (number: number) => readonly ReleaseImage[]): ReleaseRecord {
  let record = next(images(1));
  for (let number = 2; number <= count; number++) record = next(images(number), record);
  return record;
}

describe('the images of earlier releases', () => {
  test('are none in the first one', () => {
    expect(service(next([image('1')]))).not.toHaveProperty('earlier');
  });

  test('are the latest first, and at most 20', () => {
    const record = releases(30, (number) => [image(String(number))]);
    const numbers = Array.from({ length: 20 }, (_, index) => 29 - index);
    expect(service(record).earlier).toEqual(
      numbers.map((release) => {
        const { digest: content, inputs } = image(String(release));
        return { release, inputs, digest: content };
      }),
    );
  });

  test.each([
    [6, 20],
    [7, 17],
    [60, 2],
    [121, 0],
  ])('of %i services are at most %i for each, so that the record stays small', (services, most) => {
    const images = (number: number) =>
      Array.from({ length: services }, (_, index) =>
        image(`${number}`, { service: `s${index}`, repository: `axion/s${index}-shop` }),
      );
    const record = releases(25, images);
    for (const { earlier = [] } of record.services) expect(earlier).toHaveLength(most);
    expect(() => encodeRecord(record)).not.toThrow();
  });

  test('are remembered past a release whose inputs are not known', () => {
    const first = next([image('1')]);
    const { inputs: _, ...unknown } = image('2');
    const third = next([image('3')], next([unknown], first));
    expect(service(third).earlier?.map(({ release }) => release)).toEqual([1]);
  });

  test('are those of the service itself', () => {
    const other = image('other', { service: 'web', repository: 'axion/web-shop' });
    const record = next([image('2'), other], next([image('1')]));
    expect(record.services.map(({ earlier = [] }) => earlier.length)).toEqual([1, 0]);
  });

  test('are given with that of the release, when its inputs are known', () => {
    const second = service(next([image('2')], next([image('1')])));
    expect(releasesOf(second, 2).map(({ release }) => release)).toEqual([2, 1]);
    const { inputs: _, ...unknown } = second;
    expect(releasesOf(unknown, 2).map(({ release }) => release)).toEqual([1]);
  });
});

describe('a record that would change nothing', () => {
  const before = next([image('1')]);
  const changes = (images: readonly ReleaseImage[], more: Partial<NewRecordOptions> = {}) =>
    !isUnchanged(next(images, before, more), [stored(before)]);

  test('has the same images, with the same inputs and times', () => {
    expect(changes([image('1')])).toBe(false);
    // Where inputs are not kept, only the image counts.
    const { inputs: _, built: __, ...unknown } = image('1');
    expect(changes([unknown])).toBe(false);
  });

  test.each<[string, readonly ReleaseImage[], Partial<NewRecordOptions>]>([
    ['another image', [image('2')], {}],
    ['other inputs that make the same image', [image('1', { inputs: digest('other') })], {}],
    ['the same image of a newer build', [image('1', { built: '2026-06-01T08:00:00.000Z' })], {}],
    ['a public tag that is new', [image('1')], { found: () => undefined }],
    ['a public tag that points elsewhere', [image('1')], { found: () => digest('hand') }],
    ['one more service', [image('1'), image('1', { repository: 'axion/web-shop' })], { found: () => digest('1') }],
    ['no service', [], {}],
    ['another repository', [image('1', { repository: 'axion/web-shop' })], { found: () => digest('1') }],
  ])('is not one with %s', (_, images, more) => {
    expect(changes(images, more)).toBe(true);
  });

  test('is not one when a public tag has no release yet, or another one', () => {
    const record = next([image('1')], before);
    expect(isUnchanged(record, [stored(before)])).toBe(true);
    expect(isUnchanged(record, [stored(before), undefined])).toBe(false);
    expect(isUnchanged(record, [stored(before), stored(next([image('2')]))])).toBe(false);
  });
});

test('an image keeps the number of its first release while it is current', () => {
  const first = next([image('1')]);
  const second = next([image('1')], first);
  const third = next([image('2')], second);
  const fourth = next([image('1')], third);
  expect([first, second, third, fourth].map((record) => service(record).since)).toEqual([1, 1, 3, 4]);
});
