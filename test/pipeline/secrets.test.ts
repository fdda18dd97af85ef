import { readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { watchCommandLines } from '../harness/command-lines.ts';
import { CRITICAL, createFixture, type OwnFixture } from './fixture.ts';
import { repositoryOf } from './workspace.ts';

const WRONG = 'Wr0ng-pa55word-9f2c';

let fixture: OwnFixture;
/** Everything that was printed or written, by place. */
const outputs = new Map<string, string>();
let commandLines: string;

beforeAll(async () => {
  fixture = await createFixture({ services: ['api', 'worker'] });
  const { workspace, harbor } = fixture;
  const watch = watchCommandLines();
  const run = async (name: string, args: readonly string[], env: Record<string, string> = {}) => {
    const report = workspace.path(`../report-${name}`);
    const events = workspace.path(`../events-${name}`);
    const { code, stdout, stderr } = await workspace.cli(
      [...args.slice(0, 1), '--verbose', '--report', report, '--events', events, ...args.slice(1)],
      { env: { DEBUG: 'modem*', ...env } },
    );
    outputs.set(`${name}: stdout`, stdout);
    outputs.set(`${name}: stderr`, stderr);
    outputs.set(`${name}: events`, await readFile(events, 'utf8').catch(() => ''));
    for (const file of await readdir(report).catch(() => [])) {
      outputs.set(`${name}: ${file}`, await readFile(`${report}/${file}`, 'utf8'));
    }
    return code;
  };
  expect(await run('passed', ['pipeline', '--json'])).toBe(0);
  await workspace.change();
  await harbor.planScans(`axion/${repositoryOf('api')}`, { findings: [CRITICAL] });
  expect(await run('rejected', ['pipeline'])).toBe(1);
  await harbor.planScans(`axion/${repositoryOf('api')}`, {});
  await harbor.failNext({ method: 'POST', path: '/tags$', count: 50, status: 500, body: 'no' });
  expect(await run('failed', ['pipeline', '--json', '--tag', '2.0'])).not.toBe(0);
  await harbor.failNext();
  await workspace.configure({ login: { username: 'admin', password: WRONG } });
  expect(await run('refused', ['pipeline'])).not.toBe(0);
  commandLines = await watch.stop();
});
afterAll(() => fixture?.[Symbol.asyncDispose]());

const NEEDLES = ['Harbor12345', WRONG].flatMap((password) => [
  password,
  ...[password, `admin:${password}`].flatMap((text) => [
    Buffer.from(text).toString('base64').replace(/=+$/, ''),
    Buffer.from(text).toString('base64url'),
  ]),
]);

it('writes no password anywhere, in any form', () => {
  expect([...outputs.keys()]).toEqual(expect.arrayContaining(['passed: result.json', 'rejected: result.json']));
  for (const [where, text] of outputs) for (const needle of NEEDLES) expect(text.includes(needle), where).toBe(false);
});

it('passes no password to a process in its arguments', () => {
  expect(commandLines).toContain('buildx');
  for (const needle of NEEDLES) expect(commandLines.includes(needle)).toBe(false);
});

it('leaves no temporary file', async () => {
  expect(await fixture.workspace.temporaryFiles()).toEqual([]);
});
