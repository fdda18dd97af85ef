import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { watchCommandLines } from '../../harness/command-lines.ts';
import { createHarborProject, type HarborTestProject } from '../../harness/harbor-project.ts';
import { startHarbor, type TestHarbor } from '../../harness/harbor-server.ts';
import { pushImage } from '../../sandbox/small-images.ts';

const WRONG = `pw-${randomBytes(12).toString('hex')}`;

let harbor: TestHarbor;
let right: HarborTestProject;
let wrong: HarborTestProject;
let digest: string;

beforeAll(async () => {
  harbor = await startHarbor();
  right = await createHarborProject({ host: harbor.host, login: harbor.admin });
  wrong = await createHarborProject({ host: harbor.host, login: { ...harbor.robot, password: WRONG } });
  for (const project of [right, wrong]) await mkdir(project.path('tmp'));
  digest = await pushImage(harbor, { repository: 'axion/api', tag: '1.0' });
});

afterAll(async () => {
  for (const project of [right, wrong]) await project[Symbol.asyncDispose]();
  await harbor[Symbol.asyncDispose]();
});

const COMMANDS = [
  ['harbor-repos', '--scan'],
  ['harbor-artifacts', 'api'],
  ['harbor-artifacts', 'nope'],
  ['harbor-trigger-scan', 'api', '--wait'],
  ['harbor-scan', 'api'],
  ['harbor-scan', 'api', '--format', 'html', '--output', 'scan.html'],
  ['harbor-scan', 'api', '--format', 'sarif', '--output', 'scan.sarif'],
  ['harbor-untag', 'api', 'nope'],
  ['harbor-gc', '--dry-run', '--wait', '--log'],
  ['harbor-gc', '--history'],
];

describe('a Harbor command prints no password', () => {
  it('when it succeeds, is rejected or fails, with and without --json, and passes none on a command line', async () => {
    const watch = watchCommandLines();
    let printed = '';
    for (const [project, expected] of [
      [right, 0],
      [wrong, 4],
    ] as const) {
      const deletes = ['harbor-delete', 'api', digest, '--dry-run'];
      for (const command of [...COMMANDS, deletes]) {
        for (const form of [[], ['--json']]) {
          const result = await project.run([...command, ...form, '--verbose'], {
            env: { TMPDIR: project.path('tmp'), NODE_DEBUG: '', DEBUG: '*' },
          });
          if (!command.includes('nope')) expect(result.code, `${command} ${result.stderr}`).toBe(expected);
          printed += result.stdout + result.stderr;
        }
      }
      expect(await readdir(project.path('tmp'))).toEqual([]);
    }
    await harbor.failNext({ count: 50, path: '/api/v2.0', status: 500, body: 'no' });
    printed += JSON.stringify(await right.run(['harbor-repos', '--verbose']));
    await harbor.failNext();
    printed += await watch.stop();
    for (const file of ['scan.html', 'scan.sarif']) printed += await readFile(right.path(file), 'utf8');
    expect(printed).toContain('rejects the credentials of');
    expect(needles().filter((needle) => printed.includes(needle))).toEqual([]);
    // The parameters of gc jobs contain the address of Redis.
    expect(printed).not.toMatch(/redis:\/\/[^*]/);
  });
});

/** The passwords in every encoding in which they are sent. */
function needles(): string[] {
  const texts = [WRONG, harbor.admin.password].flatMap((password) => [
    password,
    `${harbor.admin.username}:${password}`,
    `${harbor.robot.username}:${password}`,
  ]);
  return texts.flatMap((text) => [
    text,
    ...(['base64', 'base64url'] as const).map((encoding) => Buffer.from(text).toString(encoding).replace(/=+$/, '')),
  ]);
}
