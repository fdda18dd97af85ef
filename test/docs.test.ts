import { randomUUID } from 'node:crypto';
import { chmod, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type DocumentedLine, documentedLines } from '../src/cli/command-lines.fixture.ts';
import { EXAMPLES } from '../src/cli/framework/parse-arguments.ts';
import { COMMAND_PERMISSIONS } from '../src/harbor/permissions.ts';
import { CLI, ROOT } from './harness/cli.ts';
import { BUSYBOX, copyBusybox, shell, WAITS } from './harness/containers.ts';
import { createRobot } from './harness/harbor-project.ts';
import { type Account, startHarbor, type TestHarbor } from './harness/harbor-server.ts';
import { createProject, type Project } from './harness/project.ts';
import { docker, type SandboxEngine, startEngine } from './harness/sandbox.ts';
import { type InTerminal, shellInTerminal } from './harness/terminal.ts';
import { pushImage } from './sandbox/small-images.ts';

/** The lines that are not run, with the reason. */
const NOT_RUN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'README.md': {
    'npm install --global objdocker': 'test/cli/package.test.ts installs the package',
    'script/quickstart': 'test/quickstart.test.ts runs it',
    'script/test': 'runs this test',
  },
  'docs/bench.md': {
    'npm run bench': 'takes half an hour',
    'npm run bench -- changes --rounds 3': 'takes minutes',
    'npm run bench -- build --engine bookworm': 'takes minutes',
    'npm run bench -- --json results.json': 'takes half an hour',
  },
  'docs/cli/config.md': {
    'source <(objdocker completion zsh)': 'needs zsh: test/cli/completion.test.ts completes in it where there is one',
  },
  'docs/cli/rollback.md': {
    'objdocker rollback --to 11': 'test/pipeline/releases/rollback.test.ts goes back so',
    'objdocker rollback --service api': 'test/pipeline/releases/rollback.test.ts goes back so',
  },
  'docs/releases.md': { 'objdocker rollback': 'test/pipeline/releases/rollback.test.ts goes back so' },
  'docs/e2e.md': {
    'npm run e2e': 'takes five minutes',
    'export OBJDOCKER_E2E_HARBOR=https://registry.example.com OBJDOCKER_E2E_USERNAME=me': 'needs a real Harbor',
    'read -rs OBJDOCKER_E2E_PASSWORD && export OBJDOCKER_E2E_PASSWORD': 'needs a real Harbor',
  },
  'examples/axion/README.md': {
    'objdocker build': 'needs Docker Hub',
    'objdocker -c config.sandbox.yaml build': 'test/pipeline/example.test.ts releases the example with this file',
    'objdocker -c config.plain.yaml build': 'test/example/images.test.ts builds the example with this file',
    'docker build -f resource.docker/dockerfile/axion.dockerfile --target meridian-api -t meridian-api-homechoice .':
      'needs Docker Hub',
    'docker run --rm -p 127.0.0.1:8080:8080 meridian-api-homechoice': 'needs Docker Hub',
    'curl -d \'{"principal": 1500000, "annual_rate": 0.1175, "extra": 2000}\' localhost:8080/quotes':
      'test/example/images.test.ts sends such requests',
    "PYTHONPATH=src:$(echo packages/*/src | tr ' ' :) python3 -m unittest discover -s tests -t .":
      'test/example/images.test.ts runs these tests',
    'python3 -m unittest discover -s resource.docker/compile/tests': 'test/example/compile.test.ts runs these tests',
  },
  'examples/library/README.md': {
    'cd my-project': 'a folder of the reader',
    'node node_modules/objdocker/examples/library/pipeline.ts homechoice 1.4.0':
      'test/library/example.test.ts runs the program',
  },
};

/** What a line needs beside the released package `homechoice` and its containers. The first one whose pattern matches applies. */
const PREPARATIONS: readonly Preparation[] = [
  {
    lines: /^objdocker init/,
    folder: () => python,
    prepare: async () => {
      for (const made of ['config.yaml', 'resource.docker', '.dockerignore'])
        await rm(python.path(made), { recursive: true, force: true });
    },
    answers: [
      ['Name of the package', 'shop\r'],
      ['Services, comma-separated', '\r'],
      ['Type of the registry', '\r'],
      ['Host of the registry', 'registry.example.com\r'],
      ['Project in Harbor', 'axion\r'],
      ['User name for the registry', '\r'],
      ['Image to build on', '\r'],
      ['Image to run on', '\r'],
      ['Write these files', '\r'],
    ],
  },
  { lines: /^objdocker rollback/, prepare: makeRelease, finish: resume },
  { lines: /^objdocker promote/, prepare: readReleases },
  { lines: /> release\//, prepare: () => mkdir(project.path('release'), { recursive: true }) },
  { lines: /^objdocker hold/, finish: resume },
  { lines: /^objdocker resume/, prepare: () => runOrFail('objdocker hold') },
  { lines: /^objdocker pipeline .*--(adopt|reset)/, prepare: moveTagByHand },
  { lines: /^objdocker pipeline(?!.*--clean)/, prepare: changeSource },
  { lines: /^objdocker harbor-delete/, prepare: pushUnusedImage, answers: [['Delete sha256:', 'y']] },
  { lines: /^objdocker harbor-untag/, prepare: () => pushImage(harbor, CANDIDATE) },
  { lines: /^objdocker harbor-gc/, folder: () => administrators, answers: [['?', 'y']] },
  { lines: /^objdocker logs .*--follow/, prepare: startContainers, during: ['ready', stopContainers] },
  { lines: /^objdocker exec -it web sh$/, prepare: startContainers, answers: [['#', 'exit\r']] },
  { lines: /^objdocker delete web$/, prepare: stopContainers },
  { lines: /\b(list|ps|get|start|stop|restart|rm|logs|exec) /, prepare: startContainers },
];

interface Preparation {
  readonly lines: RegExp;
  /** @default the project of `homechoice`, or the example that the page describes */
  readonly folder?: () => Project;
  readonly prepare?: () => Promise<unknown>;
  readonly finish?: () => Promise<unknown>;
  /** What is typed each time that the terminal shows a text. */
  readonly answers?: readonly (readonly [shown: string, keys: string])[];
  /** What happens once the terminal shows a text. */
  readonly during?: readonly [shown: string, act: () => Promise<unknown>];
}

const SERVICES = ['api', 'worker', 'report'];
const CANDIDATE = { repository: 'axion/api-homechoice', tag: '1.4.0-rc1' };

let harbor: TestHarbor;
let engine: SandboxEngine;
let robot: Account;
let project: Project;
/** The same with the login of Harbor's administrator. */
let administrators: Project;
/** A project without a config.yaml. */
let python: Project;
/** A home folder, and the program `objdocker`. */
let home: Project;
let unusedDigest = '';
/** The numbers of the releases, the newest first. */
let released: readonly number[] = [];

beforeAll(async () => {
  [harbor, engine] = await Promise.all([startHarbor(), startEngine()]);
  await copyBusybox(engine.env);
  const permissions = Object.values(COMMAND_PERMISSIONS).flatMap(({ needs, wants, uses }) => [
    ...needs,
    ...[...wants, ...uses].map(({ permission }) => permission),
  ]);
  robot = await createRobot(
    harbor,
    'docs',
    [...new Set(permissions)].filter((each) => !each.startsWith('garbage')),
  );
  home = await createProject({
    'bin/objdocker': `#!/bin/sh\nexec '${process.execPath}' '${CLI}' "$@"\n`,
    '.config/fish/completions/other.fish': '',
  });
  await chmod(home.path('bin/objdocker'), 0o755);
  const config = await configOfReadme();
  const files = {
    'resource.docker/dockerfile/axion.dockerfile': SERVICES.map(
      (name) => `FROM ${BUSYBOX} AS ${name}\nCOPY src/${name}.txt /app/\nCMD ["sleep", "infinity"]\n`,
    ).join('\n'),
    ...Object.fromEntries(SERVICES.map((name) => [`src/${name}.txt`, name])),
  };
  project = await createProject({ 'config.yaml': here(config), ...files });
  administrators = await createProject({ 'config.yaml': here(config).replace(robot.username, 'admin'), ...files });
  python = await createProject({
    'src/shop/__init__.py': '',
    'src/shop/main.py': 'from fastapi import FastAPI\n\napp = FastAPI()\n',
    'requirements.txt': 'fastapi\nuvicorn\n',
  });
  await harbor.api('PUT', 'projects/axion', { body: { metadata: { auto_scan: 'true' } } });
  for (const line of [
    'objdocker pipeline',
    'echo changed > src/api.txt',
    'objdocker pipeline',
    'objdocker build',
    'objdocker k3s-registries --output nodes/registries.yaml',
  ])
    await runOrFail(line);
  await startContainers();
});
afterAll(async () => {
  await engine?.[Symbol.asyncDispose]();
  await harbor?.[Symbol.asyncDispose]();
  for (const folder of [project, administrators, python, home]) await folder?.[Symbol.asyncDispose]();
});

for (const { page, line, comment } of linesToRun()) {
  it(`${page}: ${line}`, async ({ signal }) => {
    const preparation: Omit<Preparation, 'lines'> = PREPARATIONS.find(({ lines }) => lines.test(line)) ?? {};
    await preparation.prepare?.();
    await using example = page.startsWith('examples/') ? await copyOf(page) : undefined;
    const { code, text } = await run(example ?? preparation.folder?.() ?? project, here(line), {
      ...preparation,
      signal,
    });
    const [, expected = '0'] = /^exits with (\d+)$/.exec(comment) ?? [];
    await preparation.finish?.();
    expect(code, text).toBe(Number(expected));
    expect(text).not.toMatch(/^objdocker: /m);
  });
}

it('lists no line that the docs do not have', () => {
  const documented = new Set(lines().map(({ page, line }) => `${page}: ${line}`));
  const listed = Object.entries(NOT_RUN).flatMap(([page, reasons]) =>
    Object.keys(reasons).map((line) => `${page}: ${line}`),
  );
  expect(listed.filter((line) => !documented.has(line))).toEqual([]);
});

/** The lines of the docs and of `objdocker --help`. The help of a command has the examples of its page in docs/cli. */
function lines(): DocumentedLine[] {
  const root = EXAMPLES.map(({ command, comment = '' }) => ({ page: 'objdocker --help', line: command, comment }));
  return [...documentedLines(), ...root];
}

/** What several pages have runs once. An example has a folder of its own. */
function linesToRun(): DocumentedLine[] {
  const run = lines().filter(({ page, line }) => NOT_RUN[page]?.[line] === undefined);
  const keys = run.map(({ page, line }) => (page.startsWith('examples/') ? `${page}: ${line}` : line));
  return run.filter((_, index) => keys.indexOf(keys[index] ?? '') === index);
}

/** Text of the docs with the names of this test. */
function here(text: string): string {
  return text
    .replaceAll('registry.example.com', harbor.host)
    .replaceAll('robot$axion+ci', robot.username)
    .replaceAll('/etc/rancher/k3s', project?.path('nodes'))
    .replaceAll(/(sha256:)?(4fc5){16}|4fc54fc\b/g, unusedDigest)
    .replaceAll('releases show 12', 'releases show 2')
    .replaceAll('diff 11 12', 'diff 1 2')
    .replaceAll('diff 11', 'diff 1')
    .replaceAll('promote 12', `promote ${released[0]}`);
}

async function configOfReadme(): Promise<string> {
  const [, config] = /^```yaml\n(.*?)^```/ms.exec(await readFile(`${ROOT}README.md`, 'utf8')) ?? [];
  if (config === undefined) throw new Error('README.md has no YAML block');
  return config;
}

async function copyOf(page: string): Promise<Project> {
  const folder = await createProject({});
  await cp(`${ROOT}${page.replace(/\/README\.md$/, '')}`, folder.directory, { recursive: true });
  return folder;
}

/** Runs a line in bash on a terminal, as a reader would. */
async function run(
  { directory }: Project,
  line: string,
  { answers = [], during, signal }: Omit<Preparation, 'lines'> & { readonly signal?: AbortSignal } = {},
): Promise<{ readonly code: number | null; readonly text: string }> {
  const reactions = answers.map(([shown, keys]) => [shown, async () => terminal.type(keys)] as const);
  const pending = new Map<string, () => Promise<unknown>>(during === undefined ? reactions : [...reactions, during]);
  const reacting: Promise<unknown>[] = [];
  const terminal: InTerminal = shellInTerminal('bash -o pipefail -c "$LINE"', {
    cwd: directory,
    columns: 160,
    env: {
      ...engine.env,
      LINE: line,
      HOME: home.directory,
      PATH: `${home.path('bin')}:${engine.env.PATH ?? process.env.PATH}`,
      HARBOR_PASSWORD: directory === administrators?.directory ? harbor.admin.password : robot.password,
      TOKEN: 'a token',
    },
    onText() {
      for (const [shown, react] of pending) {
        if (!terminal.screen.text.includes(shown)) continue;
        pending.delete(shown);
        reacting.push(react());
      }
    },
  });
  // A line that waits for more than it is given: the terminal shows for what.
  signal?.addEventListener('abort', () => {
    console.error(terminal.screen.text);
    terminal.type('\u0003');
  });
  const code = await terminal.ended;
  await Promise.all(reacting);
  return { code, text: terminal.screen.text };
}

/** Lets the next release have something new. */
async function changeSource(): Promise<void> {
  await writeFile(project.path('src/api.txt'), randomUUID());
}

async function runOrFail(line: string): Promise<string> {
  const { code, text } = await run(project, line);
  expect(code, text).toBe(0);
  return text;
}

/** A release to leave, and one to go back to. */
async function makeRelease(): Promise<void> {
  await changeSource();
  await runOrFail('objdocker pipeline');
  await readReleases();
}

async function readReleases(): Promise<void> {
  const text = await runOrFail('objdocker releases --quiet --tag 1.4.0');
  released = text.split(/\s+/).filter(Boolean).map(Number);
}

/** Ends the hold, if there is one. What was withdrawn is not made again. */
async function resume(): Promise<void> {
  await run(project, 'objdocker resume');
  await changeSource();
}

async function moveTagByHand(): Promise<void> {
  await pushImage(harbor, { ...CANDIDATE, tag: '1.4.0' });
}

async function pushUnusedImage(): Promise<void> {
  unusedDigest = await pushImage(harbor, { ...CANDIDATE, tag: '1.3.0' });
}

/** Two containers of the package that run, and one that has ended, in any state before. */
async function startContainers(): Promise<void> {
  const states = await docker(['ps', '--all', '--format', '{{.Names}} {{.State}}'], engine.env);
  if (states.split('\n').sort().join() === 'old exited,web running,worker running') return;
  await removeContainers();
  for (const [name, service] of Object.entries({ web: 'api', worker: 'worker' }))
    await docker(
      ['run', '--detach', '--name', name, `${harbor.host}/axion/${service}-homechoice:1.4.0`, ...shell(WAITS)],
      engine.env,
    );
  await docker(['run', '--name', 'old', BUSYBOX, 'true'], engine.env);
}

async function stopContainers(): Promise<void> {
  await startContainers();
  await docker(['stop', 'web', 'worker'], engine.env);
}

async function removeContainers(): Promise<void> {
  const ids = await docker(['ps', '--all', '--quiet'], engine.env);
  if (ids !== '') await docker(['rm', '--force', '--volumes', ...ids.split('\n')], engine.env);
}
