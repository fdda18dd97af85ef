import { randomInt } from 'node:crypto';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { objdocker } from '../../harness/cli.ts';
import { processesWith, until } from '../../harness/processes.ts';
import { configYaml, createProject, TWO_SERVICES } from '../../harness/project.ts';
import { docker } from '../../harness/sandbox.ts';
import { objdockerInTerminal } from '../../harness/terminal.ts';

const REGISTRY = process.env.OBJDOCKER_SANDBOX_REGISTRY ?? '';
const REPOSITORY = `terminal-${randomInt(1e9)}`;
const CONFIG = configYaml({ host: REGISTRY, repository: REPOSITORY });
const LONG_ID = /sha256:[0-9a-f]{64}/g;

const references: string[] = [];

afterAll(async () => {
  if (references.length > 0) await docker(['rmi', '--force', ...references]);
});

/** One image whose build takes a while and prints something meanwhile. */
function slowDockerfile(seconds: string): string {
  return `FROM localhost/busybox:bookworm\nRUN echo "run ${randomInt(1e9)} at work" && sleep ${seconds} # ${'long '.repeat(30)}\n`;
}

describe('a build on a terminal', () => {
  it('shows progress within the width of the terminal, and removes it before the result', async () => {
    references.push(`${REGISTRY}/${REPOSITORY}:test`);
    await using project = await createProject({ Dockerfile: slowDockerfile('3'), 'config.yaml': CONFIG });
    const { screen, ended } = objdockerInTerminal(['build'], { cwd: project.directory });
    await until(
      () => screen.text,
      (text) => text.includes('at work\n') || text.endsWith('at work'),
    );
    expect(screen.cursorVisible).toBe(false);
    const [heading, running, output, ...rest] = screen.lines;
    expect(heading).toMatch(/^building/);
    expect(running).toMatch(/^ +\d\.\ds {2}\[2\/2\] RUN echo "run .+…$/);
    expect(output).toMatch(/^ +\| run \d+ at work$/);
    expect(rest).toEqual([]);

    expect(await ended).toBe(0);
    expect(screen.lines).toEqual([
      expect.stringMatching(/^IMAGE +DIGEST$/),
      expect.stringMatching(new RegExp(`^${REGISTRY}/${REPOSITORY}:test {2}sha256:[0-9a-f]{12}$`)),
      expect.stringMatching(/^built 1 image in \d+\.\ds, 0 of 1 steps from the cache$/),
    ]);
    expect(screen.cursorVisible).toBe(true);
  });

  it('restores the terminal on Ctrl-C', async () => {
    const seconds = `4712${randomInt(1e6)}`;
    await using project = await createProject({ Dockerfile: slowDockerfile(seconds), 'config.yaml': CONFIG });
    const { screen, type, ended } = objdockerInTerminal(['build'], { cwd: project.directory });
    const sleeping = async () =>
      (await processesWith(`sleep ${seconds}`, 'cmdline')).filter((line) => line.endsWith(` sleep ${seconds} `));
    await until(sleeping, ({ length }) => length > 0);
    expect(screen.text).toContain('building');
    type('\u0003');
    expect(await ended).toBe(130);
    expect(screen.lines).toEqual(['objdocker: cancelled by SIGINT']);
    expect(screen.cursorVisible).toBe(true);
    await until(sleeping, ({ length }) => length === 0);
  });

  it('shows the error of a failed build, and removes the progress', async () => {
    await using project = await createProject({
      Dockerfile: 'FROM localhost/busybox:bookworm\nRUN echo broken pipe organ && exit 3\n',
      'config.yaml': CONFIG,
    });
    const { screen, ended } = objdockerInTerminal(['build'], { cwd: project.directory });
    expect(await ended).toBe(3);
    expect(screen.lines[0]).toMatch(/^objdocker: /);
    expect(screen.text).toContain('\n  | broken pipe organ\nhint: ');
    expect(screen.text).not.toContain('building');
    expect(screen.cursorVisible).toBe(true);
  });
});

it('a push shows each image, with the full digest below it on a narrow terminal', async () => {
  await using project = await createProject({
    Dockerfile: TWO_SERVICES,
    'config.yaml': configYaml({ host: REGISTRY, tag: REPOSITORY }),
    'shared.txt': 's',
    'web.txt': 'w',
    'worker.txt': REPOSITORY,
  });
  const built = await objdocker(['build', '--json'], { cwd: project.directory });
  expect(built.code, built.stderr).toBe(0);
  const images: { reference: string }[] = JSON.parse(built.stdout).images;
  references.push(...images.map(({ reference }) => reference));
  const { screen, ended } = objdockerInTerminal(['push'], { cwd: project.directory });
  expect(await ended).toBe(0);
  expect(screen.lines.map((line) => line.replace(LONG_ID, 'DIGEST'))).toEqual([
    ...images.flatMap(({ reference }) => [reference, '  DIGEST']),
    expect.stringMatching(/^pushed 2 images.* in .+; no scan, no policy check$/),
  ]);
});

describe('text on a terminal', () => {
  it.each([60, 80, 120])('breaks between words at %i columns', async (columns) => {
    await using project = await createProject({ Dockerfile: TWO_SERVICES, 'config.yaml': CONFIG });
    const options = { cwd: project.directory };
    const { screen, ended } = objdockerInTerminal(['build', '--service', 'wrker'], { ...options, columns });
    expect(await ended).toBe(2);
    const { stderr } = await objdocker(['build', '--service', 'wrker'], options);
    expect(stderr.trimEnd().split('\n')).toHaveLength(2);
    expect(words(screen.text)).toEqual(words(stderr));
  });

  it('has colors, unless NO_COLOR or --no-color is given', async () => {
    await using project = await createProject({ Dockerfile: TWO_SERVICES, 'config.yaml': CONFIG });
    const written = async (args: readonly string[], env: Record<string, string> = {}) => {
      const { screen, ended } = objdockerInTerminal(args, { cwd: project.directory, env });
      expect(await ended).toBe(0);
      return screen.written;
    };
    const colored = await written(['registry']);
    expect(colored).toContain('\u001b[32mhealthy\u001b[39m');
    expect(await written(['registry'], { NO_COLOR: '1' })).toBe(stripVTControlCharacters(colored));
    expect(await written(['registry', '--no-color'])).toBe(stripVTControlCharacters(colored));
  });
});

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}
