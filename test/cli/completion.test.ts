import { execFile, execFileSync } from 'node:child_process';
import { chmod, rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLI, objdocker } from '../harness/cli.ts';
import { createHarborProject, type HarborTestProject } from '../harness/harbor-project.ts';
import { startHarbor, type TestHarbor } from '../harness/harbor-server.ts';
import { createWorkspace } from '../pipeline/workspace.ts';
import { pushImage } from '../sandbox/small-images.ts';

const run = promisify(execFile);

let harbor: TestHarbor;
let project: HarborTestProject;
let bashScript: string;

beforeAll(async () => {
  harbor = await startHarbor();
  const program = `#!/bin/sh\nexec '${process.execPath}' '${CLI}' "$@"\n`;
  const completesAll = 'set completion-ignore-case off\n';
  const files = { 'bin/objdocker': program, '.inputrc': completesAll, '.zshrc': '' };
  project = await createHarborProject({ host: harbor.host, login: harbor.admin, files });
  await chmod(project.path('bin/objdocker'), 0o755);
  for (const tag of ['1.0', '1.1']) await pushImage(harbor, { repository: 'axion/services/api', tag });
  bashScript = (await objdocker(['completion', 'bash'])).stdout;
});
afterAll(async () => {
  await project[Symbol.asyncDispose]();
  await harbor[Symbol.asyncDispose]();
});

function isInstalled(shell: string): boolean {
  try {
    execFileSync(shell, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function inShell(shell: string, args: readonly string[]): Promise<string[]> {
  const env = {
    ...process.env,
    // A busy machine may need longer than a user at the prompt would wait.
    OBJDOCKER_COMPLETION_TIMEOUT: '60s',
    PATH: `${project.path('bin')}:${process.env.PATH}`,
    HOME: project.directory,
    ZDOTDIR: project.directory,
    XDG_CACHE_HOME: project.path('cache'),
  };
  const { stdout, stderr } = await run(shell, args, { cwd: project.directory, env, timeout: 120_000 });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((line) => line !== '');
}

/** The completions of the last word in bash, which splits words at ":" and "=". */
async function inBash(...words: string[]): Promise<string[]> {
  // Loaded twice, as by a user who loads ~/.bashrc again.
  const text = `${bashScript}\n${bashScript}
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _objdocker objdocker; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return inShell('bash', ['--norc', '-c', text, 'bash', 'objdocker', ...words]);
}

describe('completion in bash', () => {
  it.each([
    [['bu'], ['build']],
    [
      ['config', ''],
      ['check', 'show', 'schema'],
    ],
    [['-H', 'unix', ':', '///run/x.sock', 'ps', '--na'], ['--name']],
    [['--host', '=', 'tcp', ':', '//h', ':', '1', 'stop', '--fo'], ['--force']],
    [['exec', '-e', 'A', '=', 'b', '--work'], ['--workdir']],
    [['ps', '--status', '=', 'pa'], ['paused']],
    [
      ['build', '--progress', '='],
      ['auto', 'tty', 'plain', 'quiet'],
    ],
    [['exec', 'web', 'ls', '--js'], []],
  ])('offers after %j: %j', async (words, expected) => expect(await inBash(...words)).toEqual(expected));

  it('offers repositories and tags of Harbor, the second time from the cache', async () => {
    expect(await inBash('harbor-scan', 'serv')).toEqual(['services/api']);
    expect(await inBash('harbor-scan', 'services/api', ':')).toEqual(['1.0', '1.1']);
    expect(await inBash('harbor', 'untag', 'services/api', '1')).toEqual(['1.0', '1.1']);
    await harbor.resetTraffic();
    expect(await inBash('gate', 'services/api', ':', '1.1')).toEqual(['1.1']);
    expect((await harbor.traffic()).recent).toEqual([]);
  });

  it('offers the formats of a release, and the latest numbers on record, the second time from the cache', async () => {
    expect(await inBash('releases', 'show', '2', '--format', 'ku')).toEqual(['kustomize']);
    expect(await inBash('diff', '')).toEqual([]);
    await using workspace = await createWorkspace({ host: harbor.host, login: harbor.admin, services: ['web'] });
    for (const _ of ['first', 'second']) {
      await workspace.change();
      const { code, stderr } = await workspace.pipeline();
      expect(code, stderr).toBe(0);
    }
    await rm(project.path('cache'), { recursive: true });
    expect((await inBash('diff', '')).toSorted()).toEqual(['1', '2']);
    await harbor.resetTraffic();
    expect((await inBash('releases', 'show', '')).toSorted()).toEqual(['1', '2']);
    expect((await inBash('diff', '1', '')).toSorted()).toEqual(['1', '2']);
    expect((await harbor.traffic()).recent).toEqual([]);
  });

  it('does not run typed text', async () => {
    expect(await inBash('exec', '$(touch pwned)', '`touch pwned`', '')).toEqual([]);
    expect(await inBash('--package', '$(touch pwned)', '')).not.toEqual([]);
    await expect(run('test', ['-e', project.path('pwned')])).rejects.toThrow();
  });
});

describe.skipIf(!isInstalled('fish'))('completion in fish', () => {
  const inFish = (line: string) =>
    inShell('fish', ['--no-config', '-c', `objdocker completion fish | source; complete -C '${line}'`]);

  it.each([
    ['objdocker pus', ["push\tpush the package's images, each shared layer once"]],
    ['objdocker harbor-scan services/api:', ['services/api:1.0', 'services/api:1.1']],
    ['objdocker build --package sh', ['shop']],
    ['objdocker --config conf', ['config.yaml']],
  ])('offers after %j: %j', async (line, expected) => {
    expect((await inFish(line)).map((offered) => offered.trimEnd())).toEqual(expected);
  });
});

describe.skipIf(!isInstalled('zsh'))('completion in zsh', () => {
  /** The line after Tab, in an interactive zsh. */
  const inZsh = async (line: string): Promise<string> => {
    const script = `
      zmodload zsh/zpty
      zpty shell 'PS1= TERM=dumb zsh -f -i'
      zpty -w shell 'unsetopt zle_bracketed_paste; source <(objdocker completion zsh); print READY'
      local text= part=
      until [[ "$text" == *$'\\nREADY'* ]]; do zpty -r shell part && text+="$part"; done
      zpty -w -n shell ${JSON.stringify(line)}$'\\t'
      text=
      until [[ "$text" == *'#' ]]; do
        zpty -r -t shell part && text+="$part" || { sleep 0.2; (( ++tries > 600 )) && break; }
      done
      print -r -- "$text"`;
    return (await inShell('zsh', ['-f', '-c', script])).join('\n');
  };

  it.each([
    ['objdocker pus', 'objdocker push '],
    ['objdocker harbor-untag serv', 'objdocker harbor-untag services/api '],
    ['objdocker harbor-scan services/api:1.', 'services/api:1.0'],
    ['objdocker build --progress=t', 'objdocker build --progress=tty '],
  ])('completes %j', async (line, expected) => expect(await inZsh(line)).toContain(expected));
});
