// The schema as OASIS published it, which a package of the format's own tools carries.
import published from '@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json' with { type: 'json' };
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { SAMPLE_RUNS } from '../run-sample.fixture.ts';
import { manyFindings, sampleFinding, sampleReport, sampleScan, withoutFix, withoutResult } from '../sample.fixture.ts';
import { toRunSarif } from './run-sarif.ts';
import { toSarif } from './sarif.ts';

function validator() {
  const { $schema: _draft04, id: _id, ...schema } = published;
  // It was written for draft 4 and for regular expressions before Unicode's.
  const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
  addFormats.default(ajv);
  return ajv.compile(schema);
}

describe('SARIF is valid under the schema of its version', () => {
  const validate = validator();
  const states = (['not-scanned', 'running', 'failed', 'scanner-down'] as const).map((state) =>
    sampleReport([withoutResult(state, { reason: 'no scanner' })], { state }),
  );
  const cases = {
    'findings with and without a fix': [
      sampleReport([sampleScan([sampleFinding(), withoutFix({ id: 'DLA-1', links: [] })])]),
    ],
    'nothing found': [sampleReport([sampleScan([])])],
    'scans without a result': states,
    'several platforms of several artifacts': [
      sampleReport([sampleScan(manyFindings(30)), sampleScan([sampleFinding()], { platform: 'linux/arm64' })]),
      sampleReport([sampleScan([sampleFinding()])], { repository: 'axion/services/api', tags: [] }),
    ],
    'hostile text': [
      sampleReport([
        sampleScan([
          sampleFinding({ id: '</script>\u2028\u0000', links: ['javascript:alert(1)', ''], package: '../../x y' }),
        ]),
      ]),
    ],
    'no reports': [],
  };
  it.each(Object.entries(cases))('%s', (_title, reports) => {
    const document = toSarif(reports, { version: '1.2.3', location: 'resource.docker/dockerfile/axion.dockerfile' });
    validate(JSON.parse(JSON.stringify(document)));
    expect(validate.errors ?? []).toEqual([]);
  });

  it.each(Object.entries(SAMPLE_RUNS))('a run that %s', (_outcome, make) => {
    const report = make();
    const warnings = ['{0} [a](b) \u0000'];
    const document = toRunSarif({ ...report, run: { ...report.run, warnings } }, { version: '1.2.3' });
    validate(JSON.parse(JSON.stringify(document)));
    expect(validate.errors ?? []).toEqual([]);
  });

  it('the schema rejects an invalid log', () => {
    const { runs, ...rest } = toSarif([], { version: '1' }) as { runs: object[] };
    expect(validate({ ...rest, runs: runs.map((run) => ({ ...run, results: [{ level: 'loud' }] })) })).toBe(false);
  });
});
