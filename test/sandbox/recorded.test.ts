import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHarbor, type TestHarbor } from '../harness/harbor-server.ts';
import { type Recording, readRecording } from '../harness/recordings.ts';
import { RECORDED_2_9 } from './recorded-2.9.ts';
import { RECORDED_2_15 } from './recorded-2.15.ts';
import { namesOf, ours, type ReplayedHarbor } from './recorded-scenario.ts';
import { differences } from './shapes.ts';
import { haveDescription, loadDescription } from './swagger.ts';

/** Headers that do not come from Harbor, or that depend on the length of a response. */
const IGNORED = new Set(['connection', 'keep-alive', 'content-length', 'transfer-encoding', 'date']);

const UUID_AT_END = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Fields that depend on the image, the policy or the scanner, not on Harbor. */
const NOT_FROM_HARBOR =
  /\.(extra_attrs\.config|annotations|properties|duration|vendor_attributes\.|summary\.summary\.)|preferred_cvss|^\[\]\.(created_by|comment|sbom_overview)|^\.(packages|hasExtractedLicensingInfos)/;

describe.each([
  ['2.9', RECORDED_2_9],
  ['2.15', RECORDED_2_15],
] as const)("the sandbox's Harbor %s responds like the recorded one", (_version, scenario) => {
  const { version, steps } = scenario;
  let harbor: TestHarbor;
  const replayed: { readonly recording: Recording; readonly text: string }[] = [];
  const substitutions: ReplayedHarbor['substitutions'] = new Map();

  beforeAll(async () => {
    harbor = await startHarbor({ demo: false, version });
  });
  afterAll(() => harbor[Symbol.asyncDispose]());

  // The recordings build on each other, so they run in their order.
  it.each(namesOf(scenario))('to %s', async (name) => {
    await steps[name]?.({ harbor, substitutions });
    const recording = readRecording(name, version);
    const response = await replay({ harbor, substitutions }, recording);
    const text = await response.clone().text();
    addSubstitutions(substitutions, recording, response, text);
    expect({ status: response.status, headers: headerNames(response.headers) }).toEqual({
      status: recording.status,
      headers: headerNames(recording.response.headers),
    });
    if (recording.status >= 400) expect(anonymized(text)).toBe(anonymized(recording.response.body));
    else expect(bodyDifferences(recording.response.body, text)).toEqual([]);
    replayed.push({ recording, text });
  });

  it.skipIf(!haveDescription)(
    `with bodies that match Harbor's API description${haveDescription ? '' : ': skipped, the description is not part of the repository'}`,
    () => {
      const check = loadDescription(version);
      const problems = replayed.flatMap(({ recording: { method, path, status, response }, text }) => {
        // Some responses of Harbor do not match its own description.
        const known = check(method, path, status, parse(response.body));
        return check(method, path, status, parse(text)).filter(
          (problem) => !known.includes(problem) && !/extra_attrs/.test(problem),
        );
      });
      expect(problems).toEqual([]);
    },
  );
});

function replay(replayed: ReplayedHarbor, recording: Recording): Promise<Response> {
  const passed = ['accept', 'content-type', 'cookie', 'x-request-id', 'x-accept-vulnerabilities', 'x-is-resource-name'];
  const kept = [...recording.request.headers].filter(
    ([header]) => passed.includes(header) || header.startsWith('x-resource-name'),
  );
  const given = recording.request.headers.get('authorization');
  const login =
    recording.login === undefined ? given : `Basic ${Buffer.from(ours(replayed, recording.login)).toString('base64')}`;
  return replayed.harbor.api(recording.method, ours(replayed, recording.path), {
    as: 'anonymous',
    headers: { ...Object.fromEntries(kept), ...(login === undefined ? {} : { Authorization: login }) },
    ...(recording.request.body === ''
      ? {}
      : { body: new TextEncoder().encode(ours(replayed, recording.request.body)) }),
  });
}

/** Adds the ids and secrets that a recorded response and ours generated. */
function addSubstitutions(
  substitutions: ReplayedHarbor['substitutions'],
  recording: Recording,
  response: Response,
  text: string,
): void {
  const pairs: [string | null | undefined, string | null | undefined][] = [
    [recording.response.headers.get('location'), response.headers.get('location')],
  ];
  for (const field of [/"secret":"([^"]+)"/, /"report_id":"([^"]+)"/, /"sbom_digest":"([^"]+)"/]) {
    pairs.push([field.exec(recording.response.body)?.[1], field.exec(text)?.[1]]);
  }
  const [theirUuid, ownUuid] = pairs
    .slice(0, 1)
    .flatMap((pair) => pair.map((each) => UUID_AT_END.exec(each ?? '')?.[0]));
  pairs.push([theirUuid, ownUuid]);
  for (const [theirs, own] of pairs) if (theirs && own && theirs !== own) substitutions.set(theirs, own);
}

const headerNames = (headers: Headers | ReadonlyMap<string, string>): readonly string[] =>
  [...headers.keys()].filter((name) => !IGNORED.has(name)).toSorted();

const anonymized = (text: string): string =>
  text
    .trim()
    .replaceAll(/sha256:[0-9a-f]{64}/g, 'DIGEST')
    .replaceAll(/http:\/\/[\w.]+:\d+/g, 'ORIGIN')
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UUID')
    .replaceAll(/\b[0-9a-f]{24}\b/g, 'JOB')
    .replaceAll('Sandbox sample scanner', 'Trivy')
    .replaceAll(/\d+/g, 'N')
    .replaceAll(/N\.N [KM]iB/g, 'SIZE');

function bodyDifferences(recorded: string, ours: string): readonly string[] {
  const [theirs, own] = [parse(recorded), parse(ours)];
  if (theirs === undefined || own === undefined) return typeof theirs === typeof own ? [] : ['only one is JSON'];
  return differences(theirs, own).filter((difference) => !NOT_FROM_HARBOR.test(difference));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
