import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLI } from '../../harness/cli.ts';
import { createHarborProject, type HarborTestProject } from '../../harness/harbor-project.ts';
import { startHarbor, type TestHarbor } from '../../harness/harbor-server.ts';
import { processesWith, until } from '../../harness/processes.ts';
import { expectRestored, type InTerminal, settingsAround } from '../../harness/terminal.ts';
import { pushImage } from '../../sandbox/small-images.ts';

let harbor: TestHarbor;
let project: HarborTestProject;
let digest: string;

beforeAll(async () => {
  harbor = await startHarbor();
  project = await createHarborProject({ host: harbor.host, login: harbor.admin });
  digest = await pushImage(harbor, { repository: 'axion/asked', tag: '1.0' });
});
afterAll(async () => {
  await project?.[Symbol.asyncDispose]();
  await harbor?.[Symbol.asyncDispose]();
});

/** Runs `harbor-delete` until its prompt. */
async function atPrompt(): Promise<InTerminal> {
  await harbor.resetTraffic();
  const terminal = settingsAround(`harbor-delete asked ${digest}`, { cwd: project.directory });
  await until(
    () => terminal.screen.text,
    (text) => text.includes(`Delete ${digest}?`),
  );
  return terminal;
}

async function signalCommand(signal: NodeJS.Signals): Promise<void> {
  const lines = await processesWith(`${process.execPath} ${CLI} harbor-delete asked ${digest}`, 'cmdline');
  expect(lines).toHaveLength(1);
  process.kill(Number.parseInt(lines[0] ?? '', 10), signal);
}

describe('the confirmation of harbor-delete', () => {
  it.each([
    ['Ctrl-C', 130, 'cancelled at a prompt', (terminal: InTerminal) => terminal.type('\u0003')],
    ['Ctrl-D', 130, 'cancelled at a prompt', (terminal: InTerminal) => terminal.type('\u0004')],
    ['Escape', 130, 'cancelled at a prompt', (terminal: InTerminal) => terminal.type('\u001b')],
    ['SIGINT', 130, 'cancelled by SIGINT', () => signalCommand('SIGINT')],
    ['SIGTERM', 143, 'cancelled by SIGTERM', () => signalCommand('SIGTERM')],
  ] as const)(
    'is cancelled by %s: exit %i, nothing deleted, the terminal restored',
    async (_what, code, message, end) => {
      const terminal = await atPrompt();
      await end(terminal);
      expect(await terminal.ended).toBe(0);
      expectRestored(terminal, code);
      expect(terminal.screen.text).toMatch(new RegExp(`^objdocker: ${message}$`, 'm'));
      expect((await harbor.traffic()).recent.map(({ method }) => method)).not.toContain('DELETE');
      expect((await harbor.api('GET', `projects/axion/repositories/asked/artifacts/${digest}`)).status).toBe(200);
    },
  );
});
