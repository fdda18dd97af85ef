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
import { createHarborApi, type HarborApi } from './harbor-api.ts';
import { DOCKERFILE, debianFiles } from './image.ts';
import type { Target } from './target.ts';

export interface Push {
  /** Without the project: `team/backend`. */
  readonly repository: string;
  /** @default '1.0' */
  readonly tag?: string;
  /** With several platforms the build pushes an index. @default the engine's platform */
  readonly platforms?: readonly string[];
}

/** The source of an image, in its own folder. */
export interface Source {
  /** Changes the files, so that the next build makes another image. */
  change(): Promise<void>;
  /** Rewrites its config.yaml with a policy. */
  configure(scan: object): Promise<void>;
  /** Runs the built CLI in its folder. */
  objdocker(args: readonly string[]): Promise<CliResult>;
}

/** A new project in the Harbor, with the config.yaml of a package in it. */
export interface Workspace extends AsyncDisposable {
  readonly target: Target;
  /** `host[:port]` */
  readonly host: string;
  /** The name of the project. */
  readonly name: string;
  readonly harbor: Harbor;
  readonly project: HarborProject;
  /** Runs the built CLI in the folder of the config.yaml. */
  objdocker(args: readonly string[], env?: Record<string, string>): Promise<CliResult>;
  /** Runs the CLI with `--json`, and expects an exit code. */
  json<T = never>(args: readonly string[], expectation?: { code?: number; env?: Record<string, string> }): Promise<T>;
  /** Builds and pushes a new image. @returns its digest */
  push(push: Push): Promise<string>;
  /** Makes a folder with the source of a new image and a config.yaml for it. */
  source(push: Push): Promise<Source>;
  /** For requests that our client does not offer. */
  readonly api: HarborApi;
}

// Ctrl-C also reaches this worker process. It must live until its projects are removed; vitest ends it afterwards.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});

/** Creates a project. Its disposal removes the project with its content. */
export async function createWorkspace(): Promise<Workspace> {
  const target = inject('target');
  const host = new URL(target.url).host;
  const name = `objdocker-e2e-${randomBytes(5).toString('hex')}`;
  const http = createHttpClient({ env: process.env });
  const login = { username: target.username, password: new Secret(target.password) };
  const harbor = openHarbor({ url: target.url, login, http });
  const project = harbor.project(name);
  const api = createHarborApi(target);
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
      // A build for several platforms also pushes.
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
        // Images for several platforms exist only in the Harbor.
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
