import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject } from 'vitest';
import { type Harbor, type HarborProject, openHarbor } from '../../src/harbor/harbor.ts';
import { createHttpClient } from '../../src/lib/http/client.ts';
import { Secret } from '../../src/lib/secret.ts';
import { type CliResult, objdocker } from '../harness/cli.ts';
import { createProject } from '../harness/project.ts';
import { docker } from '../harness/sandbox.ts';
import { removeProject } from './clean-up.ts';
import { type AskHarbor, askHarbor } from './harbor-api.ts';
import { DOCKERFILE, debianFiles } from './image.ts';
import type { Target } from './target.ts';

export interface Push {
  /** Without the project: `team/backend`. */
  readonly repository: string;
  /** @default '1.0' */
  readonly tag?: string;
  /** Several make an index, which the engine pushes while it builds. @default the engine's own */
  readonly platforms?: readonly string[];
}

/** The source of an image, in a folder of its own. */
export interface Source {
  /** Makes it the source of another image. */
  change(): Promise<void>;
  /** Writes its config.yaml anew, with a policy. */
  configure(scan: object): Promise<void>;
  /** Runs the built CLI there. */
  objdocker(args: readonly string[]): Promise<CliResult>;
}

/** A project of the tests' own in the Harbor, with the config.yaml of a package that is in it. */
export interface Workspace extends AsyncDisposable {
  readonly target: Target;
  /** `host[:port]` */
  readonly host: string;
  /** The Harbor's project, which nobody else has. */
  readonly name: string;
  readonly harbor: Harbor;
  readonly project: HarborProject;
  /** Runs the built CLI where the config.yaml lies. */
  objdocker(args: readonly string[], env?: Record<string, string>): Promise<CliResult>;
  /** Runs it with `--json`, and expects an exit code. */
  json<T = never>(args: readonly string[], expectation?: { code?: number; env?: Record<string, string> }): Promise<T>;
  /** Builds an image that no Harbor has seen, pushes it, and tells its digest. */
  push(push: Push): Promise<string>;
  /** A folder with the source of an image that no Harbor has seen, and a config.yaml for it. */
  source(push: Push): Promise<Source>;
  /** What the client has no call for. */
  readonly api: AskHarbor;
}

// Ctrl-C in a terminal reaches this process, too: it has to stay until its projects are removed. What ends the run tells it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});

/** Creates a project, which goes away with all that is in it at the end, also when something fails on the way. */
export async function createWorkspace(): Promise<Workspace> {
  const target = inject('target');
  const host = new URL(target.url).host;
  const name = `objdocker-e2e-${randomBytes(5).toString('hex')}`;
  const http = createHttpClient({ env: process.env });
  const login = { username: target.username, password: new Secret(target.password) };
  const harbor = openHarbor({ url: target.url, login, http });
  const project = harbor.project(name);
  const api = askHarbor(target);
  const references: string[] = [];

  const folder = await createProject({
    Dockerfile: DOCKERFILE,
    'config.yaml': configYaml(target, name, { repository: 'shop' }),
  });
  expect(await project.create()).toEqual({ created: true });
  const access = { E2E_USERNAME: target.username, E2E_PASSWORD: target.password };
  const run = (args: readonly string[], env: Record<string, string> = {}, cwd = folder.directory) =>
    objdocker(args, { cwd, env: { ...access, ...env } });

  const source: Workspace['source'] = async (push) => {
    const { repository, tag = '1.0', platforms } = push;
    const directory = join(folder.directory, randomBytes(4).toString('hex'));
    const change = async () => {
      for (const [path, content] of Object.entries(debianFiles())) {
        await mkdir(join(directory, path, '..'), { recursive: true });
        await writeFile(join(directory, path), content);
      }
    };
    const configure = (scan?: object) =>
      writeFile(join(directory, 'config.yaml'), configYaml(target, name, { repository, tag, platforms }, scan));
    await change();
    await configure();
    references.push(`${host}/${name}/${repository}:${tag}`);
    return { change, configure, objdocker: (args) => run(args, {}, directory) };
  };

  return {
    target,
    host,
    name,
    harbor,
    project,
    api,
    objdocker: run,
    async json(args, { code = 0, env = {} } = {}) {
      const result = await run([...args, '--json'], env);
      expect(result.code, `${args.join(' ')}\n${result.stderr}\n${result.stdout}`).toBe(code);
      return JSON.parse(result.stdout);
    },
    source,
    async push(push) {
      const { repository, platforms } = push;
      const { objdocker: runThere } = await source(push);
      // Several platforms are pushed while they are built.
      const commands = platforms === undefined ? ['build', 'push'] : ['build'];
      let result: CliResult | undefined;
      for (const command of commands) {
        result = await runThere([command, '--json']);
        expect(result.code, `${command} ${repository}\n${result.stderr}\n${result.stdout}`).toBe(0);
      }
      const { images } = JSON.parse(result?.stdout ?? '{}') as { images: { digest: string }[] };
      return images[0]?.digest ?? '';
    },
    async [Symbol.asyncDispose]() {
      try {
        await removeProject(api, name);
      } finally {
        await http.close();
        await folder[Symbol.asyncDispose]();
        // Some are in the Harbor only.
        for (const reference of references) await docker(['rmi', '--force', reference]).catch(() => {});
      }
    },
  };
}

/** JSON is YAML. */
function configYaml(
  { url }: Target,
  project: string,
  image: { readonly repository: string; readonly tag?: string; readonly platforms?: readonly string[] | undefined },
  scan?: object,
): string {
  const { host } = new URL(url);
  const registry = {
    type: 'harbor',
    host,
    project,
    username: '${E2E_USERNAME}',
    password: '${E2E_PASSWORD}',
    mirrors: { [host]: { endpoint: url } },
  };
  return JSON.stringify({
    shop: {
      deployment: { registry, image: { tag: '1.0', dockerfile: 'Dockerfile', ...image }, ...(scan && { scan }) },
    },
  });
}
