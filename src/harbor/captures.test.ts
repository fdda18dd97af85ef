import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readRecording, recordingNames } from '../../test/harness/recordings.ts';

/** The calls of this folder, as `METHOD path` below `/api/v2.0`. */
const OURS = [
  /^GET \/users\/current$/,
  /^POST \/projects$/,
  /^(GET|PUT) \/projects\/[^/]+$/,
  /^GET \/projects\/[^/]+\/repositories(\/[^/]+(\/artifacts)?)?$/,
  /^(GET|DELETE) \/projects\/[^/]+\/repositories\/[^/]+\/artifacts\/[^/]+$/,
  /^POST \/projects\/[^/]+\/repositories\/[^/]+\/artifacts\/[^/]+\/tags$/,
  /^DELETE \/projects\/[^/]+\/repositories\/[^/]+\/artifacts\/[^/]+\/tags\/[^/]+$/,
  /^POST \/projects\/[^/]+\/repositories\/[^/]+\/artifacts\/[^/]+\/scan$/,
  /^GET \/projects\/[^/]+\/repositories\/[^/]+\/artifacts\/[^/]+\/additions\/vulnerabilities$/,
  /^GET \/projects\/[^/]+\/scanner$/,
  /^GET \/system\/gc(\/\d+(\/log)?)?$/,
  /^PUT \/system\/gc\/\d+$/,
  /^POST \/system\/gc\/schedule$/,
];

/** Recorded answers to such calls that we replay none of, and why. */
const NOT_NEEDED: readonly (readonly [RegExp, string])[] = [
  [
    /page|gzip|^(306|314|315|316|919)/,
    'a page or an order that we never ask for; ours are simulated in listing.test.ts',
  ],
  [/^(018|020|345|346|348|349)/, 'a body or a header that we never send'],
  [/^(023|357|358)/, 'a project by its id: we always say that it is a name'],
  [
    /^(054|061|070|071|356|403|404|421|802)/,
    'a name that we refuse or encode ourselves: artifacts/delete.test.ts, hostile names',
  ],
  [/^(350|351|36\d)/, 'a login that is not ours to make: tokens, cookies'],
  [/^(007|37\d)/, 'the same answers as 005 and 006, at another time'],
  [/^(311|318|319|435)/, 'a query that we never make'],
  [/^(429|432)/, 'deletes by tag, which we never do'],
  [/^(025|059|060|103|144|149|217|221|230|232|247|251|252)/, 'the same answer as one that is replayed'],
  [/^(420|427|430|431|443|454|456|457|459|701|727|743|860|9\d\d)/, 'the same answer as one that is replayed'],
  [/^(110|801|822|825|831)/, 'the same answer as one that is replayed'],
  [/^(504|505|506|508|509b|517|617)/, 'a body that we never send'],
  [
    /^(082|086|101|104|109|112|116|119|130|133|135|140|143|148|231|249|757|822b|826)/,
    'the same answer as one that is replayed',
  ],
  [/^(122|142|152)/, 'the findings of an index, which we never ask for, and of what was not there a moment ago'],
  [/^(510-dry-gc-start-while|511|512|513|516|518|519|61\d|704)/, 'the same answer as one that is replayed'],
  [/^073/, 'findings are asked for when there is an overview only'],
];

test('every recorded response to a call of ours is replayed, or listed as not needed', () => {
  const replayed = [
    './replay.test.ts',
    './scan/replay.test.ts',
    './gc/replay.test.ts',
    '../../test/harness/harbor-client.ts',
  ]
    .map((file) => readFileSync(new URL(file, import.meta.url), 'utf8'))
    .join();
  const open: string[] = [];
  for (const name of recordingNames()) {
    const { method, path } = readRecording(name);
    const call = `${method} ${path.split('?')[0]?.replace('/api/v2.0', '')}`;
    if (!OURS.some((pattern) => pattern.test(call)) || replayed.includes(name)) continue;
    if (!NOT_NEEDED.some(([pattern]) => pattern.test(name))) open.push(`${name}: ${call}`);
  }
  expect(open).toEqual([]);
});

test.each(['2.9', '2.15'] as const)('every recording of Harbor %s is a request and its response', (version) => {
  for (const name of recordingNames(version)) {
    const { method, path, status } = readRecording(name, version);
    expect({ name, method, path, status }).toEqual({
      name,
      method: expect.stringMatching(/^[A-Z]+$/),
      path: expect.stringMatching(/^\//),
      status: expect.toSatisfy((value: number) => value >= 200 && value < 600),
    });
  }
});
