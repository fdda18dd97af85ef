import fc from 'fast-check';
import { expect, test } from 'vitest';
import { collect, openTestHarbor } from '../../test/harness/harbor-client.ts';
import { serve, type TestResponse } from '../../test/harness/registry-server.ts';
import { isObjDockerError } from '../errors.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

/** A row that looks partly like one of Harbor's. */
const row = fc.record(
  {
    digest: fc.oneof(fc.constant(DIGEST), fc.jsonValue()),
    name: fc.oneof(fc.constant('axion/api'), fc.jsonValue()),
    push_time: fc.oneof(fc.constant('2026-11-23T06:58:39.476Z'), fc.string()),
    creation_time: fc.oneof(fc.constant('2026-11-23T06:58:39.476Z'), fc.jsonValue()),
    update_time: fc.string(),
    tags: fc.oneof(fc.constant(null), fc.array(fc.record({ name: fc.string() })), fc.jsonValue()),
    references: fc.oneof(fc.constant(null), fc.array(fc.record({ child_digest: fc.constant(DIGEST) })), fc.jsonValue()),
    scan_overview: fc.dictionary(
      fc.constant('application/vnd.security.vulnerability.report; version=1.1'),
      fc.jsonValue(),
    ),
    extra_attrs: fc.jsonValue(),
    metadata: fc.jsonValue(),
  },
  { requiredKeys: [] },
);
const errors = fc.record({
  errors: fc.oneof(fc.jsonValue(), fc.array(fc.record({ code: fc.string(), message: fc.string() }))),
});
const body = fc.oneof(
  fc.json(),
  fc.string(),
  row.map((value) => JSON.stringify(value)),
  fc.array(row).map((rows) => JSON.stringify(rows)),
  errors.map((value) => JSON.stringify(value)),
);
const response: fc.Arbitrary<TestResponse> = fc.record({
  status: fc.constantFrom(200, 200, 200, 201, 204, 302, 400, 401, 403, 404, 409, 412, 418, 500, 503),
  headers: fc.record({
    'content-type': fc.constantFrom('application/json', 'text/html'),
    'x-total-count': fc.constantFrom('0', '1', '250', '-1', '99999999999999999999', 'many'),
  }),
  body,
});

test('returns a result or throws an ObjDockerError for any response', async () => {
  let responses: readonly TestResponse[] = [];
  let count = 0;
  await using server = await serve(() => responses[count++ % responses.length] ?? { status: 500 });
  const run = fc.asyncProperty(fc.array(response, { minLength: 1, maxLength: 5 }), async (sequence) => {
    responses = sequence;
    count = 0;
    await using harbor = openTestHarbor(server.origin, { retry: { retries: 1, maxRetryAfterMs: 0 } });
    const project = harbor.project('axion');
    const repository = project.repository('api');
    const outcomes = await Promise.allSettled([
      project.get(),
      project.create(),
      collect(project.listRepositories()),
      collect(repository.listArtifacts()),
      repository.getArtifact('latest'),
      repository.newestArtifacts(1),
      repository.previewDelete(DIGEST),
      repository.deleteArtifact(DIGEST),
      repository.createTag(DIGEST, 'stable'),
      repository.untag('stable'),
    ]);
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') continue;
      expect(isObjDockerError(outcome.reason), String(outcome.reason?.stack)).toBe(true);
      expect(outcome.reason.code).not.toBe('INTERNAL');
      expect(outcome.reason.hint).toBeTruthy();
    }
  });
  await fc.assert(run, { numRuns: 40 });
});
