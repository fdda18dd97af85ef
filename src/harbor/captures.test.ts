import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readRecording, recordingNames } from '../../test/harness/recordings.ts';

/** The requests of this module, as `METHOD path` below `/api/v2.0`. */
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

/** Recorded responses to these requests that no test replays, and why. */
const NOT_NEEDED: readonly (readonly [RegExp, string])[] = [
  [
    /page|gzip|^(306|314|315|316|919)/,
    'a page or sort order that is never requested; listing.test.ts simulates those that are',
  ],
  [/^(018|020|345|346|348|349)/, 'a body or a header that is never sent'],
  [/^(023|357|358)/, 'a project by its id: every request marks it as a name'],
  [
    /^(054|061|070|071|356|403|404|421|802)/,
    'a name that is rejected or encoded before the request: artifacts/delete.test.ts, hostile names',
  ],
  [/^(350|351|36\d)/, 'a kind of login that is never used: tokens, cookies'],
  [/^(007|37\d)/, 'the same responses as 005 and 006, at another time'],
  [/^(311|318|319|435)/, 'a query that is never sent'],
  [/^(429|432)/, 'a delete by tag, which is never sent'],
  [/^(025|059|060|103|144|149|217|221|230|232|247|251|252)/, 'the same response as one that is replayed'],
  [/^(420|427|430|431|443|454|456|457|459|701|727|743|860|9\d\d)/, 'the same response as one that is replayed'],
  [/^(110|801|822|825|831)/, 'the same response as one that is replayed'],
  [/^(504|505|506|508|509b|517|617)/, 'a body that is never sent'],
  [
    /^(082|086|101|104|109|112|116|119|130|133|135|140|143|148|231|249|757|822b|826)/,
    'the same response as one that is replayed',
  ],
  [/^(122|142|152)/, 'the findings of an index or of a missing artifact, which are never requested'],
  [/^(510-dry-gc-start-while|511|512|513|516|518|519|61\d|704)/, 'the same response as one that is replayed'],
  [/^073/, 'findings are requested only when there is an overview'],
];

test('every recorded response is replayed, or listed as not needed', () => {
  const folder = fileURLToPath(new URL('.', import.meta.url));
  const tests = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => /replay.*\.ts$/.test(path));
  const replayed = [...tests, '../../test/harness/harbor-client.ts']
    .map((path) => readFileSync(join(folder, path), 'utf8'))
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
