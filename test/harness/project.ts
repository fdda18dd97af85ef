import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A temporary folder with files: `await using project = await createProject({…})`. */
export interface Project extends AsyncDisposable {
  readonly directory: string;
  readonly path: (name: string) => string;
}

export async function createProject(files: Readonly<Record<string, string>>): Promise<Project> {
  const directory = await mkdtemp(join(tmpdir(), 'objdocker-test-'));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), content);
  }
  return {
    directory,
    path: (name) => join(directory, name),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

export interface ConfigOptions {
  readonly host: string;
  readonly type?: string;
  readonly project?: string;
  readonly username?: string;
  readonly password?: string;
  readonly repository?: string;
  readonly tag?: string;
  readonly image?: Readonly<Record<string, unknown>>;
}

/** A config.yaml of one package `shop`, with its Dockerfile in the same folder. It is JSON, which is YAML. */
export function configYaml(options: ConfigOptions): string {
  const {
    host,
    type = 'registry',
    project,
    username,
    password,
    repository = 'axion-shop',
    tag = 'test',
    image,
  } = options;
  const registry = { type, host, project, username, password };
  return JSON.stringify(
    { shop: { deployment: { registry, image: { repository, tag, dockerfile: 'Dockerfile', ...image } } } },
    null,
    2,
  );
}

/** Two small services that need no base image. */
export const TWO_SERVICES = `FROM scratch AS shared
COPY shared.txt /shared.txt

FROM shared AS web
ARG VERSION
LABEL version=$VERSION
COPY web.txt /web.txt
CMD ["/web"]

FROM shared AS worker
COPY worker.txt /worker.txt
CMD ["/worker"]
`;
