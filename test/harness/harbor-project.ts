import { COMMAND_PERMISSIONS, type HarborPermission } from '../../src/harbor/permissions.ts';
import { type CliOptions, type CliResult, objdocker } from './cli.ts';
import type { Account, SwitchedHarbor } from './harbor-server.ts';
import { type ConfigOptions, configYaml, createProject, type Project } from './project.ts';
import { runJson } from './run-json.ts';

export interface HarborProjectOptions {
  /** `localhost:PORT` */
  readonly host: string;
  readonly login?: Account | undefined;
  readonly project?: string;
  readonly tag?: string;
  /** More of `deployment.registry`. */
  readonly registry?: Readonly<Record<string, unknown>>;
  readonly image?: ConfigOptions['image'];
  /** `deployment.scan` */
  readonly scan?: Readonly<Record<string, unknown>>;
  /** More files. */
  readonly files?: Readonly<Record<string, string>>;
}

/** A folder with a config.yaml of a Harbor, and commands that run in it. */
export interface HarborTestProject extends Project {
  readonly run: (args: readonly string[], options?: CliOptions) => Promise<CliResult>;
  readonly json: typeof runJson;
}

export async function createHarborProject(options: HarborProjectOptions): Promise<HarborTestProject> {
  const { host, login, project = 'axion', tag = '1.0', registry, image, scan, files } = options;
  const written = JSON.parse(configYaml({ host, type: 'harbor', project, tag, ...login, ...(image ? { image } : {}) }));
  Object.assign(written.shop.deployment.registry, registry);
  if (scan !== undefined) written.shop.deployment.scan = scan;
  const folder = await createProject({
    'config.yaml': JSON.stringify(written, null, 2),
    Dockerfile: 'FROM localhost/busybox:bookworm\nCOPY file /file\n',
    file: 'content',
    ...files,
  });
  return {
    ...folder,
    run: (args, more) => objdocker(args, { cwd: folder.directory, ...more }),
    json: (name, args, more) => runJson(name, args, { cwd: folder.directory, ...more }),
  };
}

/** All permissions that a release needs or wants. */
export const RELEASE_PERMISSIONS: readonly HarborPermission[] = [
  ...COMMAND_PERMISSIONS.pipeline.needs,
  ...COMMAND_PERMISSIONS.pipeline.wants.map(({ permission }) => permission),
];

/** Makes a robot of the project `axion`, or of the system, with permissions such as `repository:push`. */
export async function createRobot(
  harbor: SwitchedHarbor,
  name: string,
  permissions: readonly string[] = RELEASE_PERMISSIONS,
  { level = 'project', days = -1 }: { readonly level?: 'project' | 'system'; readonly days?: number } = {},
): Promise<Account> {
  const access = permissions.map((permission) => {
    const [resource = '', action = ''] = permission.split(':');
    return { resource, action };
  });
  const namespace = level === 'project' ? 'axion' : '/';
  const body = { name, level, duration: days, permissions: [{ kind: level, namespace, access }] };
  const response = await harbor.api('POST', 'robots', { body });
  if (response.status !== 201) throw new Error(`no robot: ${response.status} ${await response.text()}`);
  const made = (await response.json()) as { readonly name: string; readonly secret: string };
  return { username: made.name, password: made.secret };
}
