import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { ROOT } from './cli.ts';
import { type SwitchedHarbor, switchesOf } from './harbor-server.ts';

const run = promisify(execFile);

export interface SandboxRegistry extends AsyncDisposable {
  /** `localhost:PORT` */
  readonly host: string;
  /** The folder that holds its configuration and its blobs. */
  readonly directory: string;
}

export interface SandboxEngine extends AsyncDisposable {
  readonly name: string;
  /** The variables that point a process at this engine. */
  readonly env: Record<string, string | undefined>;
  kill(): Promise<void>;
  /** Starts it again after {@link SandboxEngine.kill}. */
  start(): Promise<void>;
}

/** The sandbox's Harbor in a process of its own. What it has confirmed survives a kill. */
export interface SandboxHarbor extends SwitchedHarbor, AsyncDisposable {
  kill(): Promise<void>;
  /** Starts it again after {@link SandboxHarbor.kill}, with its port, its state and its options. */
  start(): Promise<void>;
}

export interface RegistryOptions {
  readonly username?: string;
  readonly password?: string;
  readonly tls?: boolean;
}

/** A registry of the test's own, on a free loopback port. */
export async function startRegistry(options: RegistryOptions = {}): Promise<SandboxRegistry> {
  const name = ownName('r');
  await sandbox(
    [
      'registry',
      'up',
      name,
      ...(options.username ? ['--auth', options.username] : []),
      ...(options.tls ? ['--tls'] : []),
    ],
    options.password === undefined ? {} : { OBJDOCKER_SANDBOX_PASSWORD: options.password },
  );
  const env = await exportsOf(['registry', 'env', name]);
  return {
    host: env.OBJDOCKER_SANDBOX_REGISTRY ?? '',
    directory: `${process.env.OBJDOCKER_SANDBOX_DIR ?? `${process.env.HOME}/.local/share/objdocker/sandbox`}/registries/${name}`,
    [Symbol.asyncDispose]: () => sandbox(['registry', 'down', name]),
  };
}

/** An engine of the test's own, with options of `script/sandbox engine up`. */
export async function startEngine(...options: readonly string[]): Promise<SandboxEngine> {
  const name = ownName('e');
  await sandbox(['engine', 'up', name, ...options]);
  return {
    name,
    env: await exportsOf(['engine', 'env', name]),
    kill: () => sandbox(['engine', 'kill', name]),
    start: () => sandbox(['engine', 'up', name]),
    [Symbol.asyncDispose]: () => sandbox(['engine', 'down', name]),
  };
}

/** A Harbor of the test's own that can be killed, with options of `script/sandbox harbor up`. */
export async function startHarborProcess(...options: readonly string[]): Promise<SandboxHarbor> {
  const name = ownName('h');
  await sandbox(['harbor', 'up', name, '--durable', ...options]);
  const env = await exportsOf(['harbor', 'env', name]);
  const admin = { username: 'admin', password: env.OBJDOCKER_SANDBOX_HARBOR_PASSWORD ?? '' };
  return {
    ...switchesOf(env.OBJDOCKER_SANDBOX_HARBOR_URL ?? '', admin),
    kill: () => sandbox(['harbor', 'kill', name]),
    start: () => sandbox(['harbor', 'up', name]),
    [Symbol.asyncDispose]: () => sandbox(['harbor', 'down', name]),
  };
}

/** Runs `docker` with the test's environment, or another engine's, and returns what it printed. */
export async function docker(args: readonly string[], env: Record<string, string | undefined> = {}): Promise<string> {
  const { stdout } = await run('docker', args, { env: { ...process.env, ...env }, maxBuffer: 256 * 1024 * 1024 });
  return stdout.trim();
}

async function sandbox(args: readonly string[], env: Record<string, string> = {}): Promise<void> {
  await run(`${ROOT}/script/sandbox`, args, { env: { ...process.env, ...env } });
}

/** The variables that evaluating the printed exports changes. */
async function exportsOf(args: readonly string[]): Promise<Record<string, string | undefined>> {
  const script = 'exports=$("$0" "$@") && eval "$exports" && env -0';
  const { stdout } = await run('bash', ['-c', script, `${ROOT}/script/sandbox`, ...args], { env: process.env });
  const after = new Map(
    stdout.split('\0').map((entry): [string, string] => {
      const at = entry.indexOf('=');
      return [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
  const changed: Record<string, string | undefined> = {};
  for (const [name, value] of after) if (name !== '' && process.env[name] !== value) changed[name] = value;
  for (const name of Object.keys(process.env)) if (!after.has(name)) changed[name] = undefined;
  return changed;
}

function ownName(kind: string): string {
  return `t${kind}${randomBytes(4).toString('hex')}`;
}
