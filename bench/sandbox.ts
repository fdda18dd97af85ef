import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import type { EnvironmentVariables } from '../src/lib/process/exec.ts';
import { ROOT } from '../test/harness/cli.ts';
import { run } from './process.ts';

const SANDBOX = `${ROOT}script/sandbox`;

/** The flavours of `script/sandbox engine up`. */
export const FLAVOURS = ['trixie', 'bookworm'] as const;
export type Flavour = (typeof FLAVOURS)[number];

/** The sandbox's base images, as the example's config.plain.yaml reads them. */
const BASE_IMAGES = {
  OBJDOCKER_SANDBOX_BASE_IMAGE: 'localhost/python:3.11-bookworm',
  OBJDOCKER_SANDBOX_BASE_RUNTIME_IMAGE: 'localhost/python:3.11-slim-bookworm',
};

export interface BenchEngine extends AsyncDisposable {
  /** `Engine 26.1`, with the server's own version. */
  readonly title: string;
  /** Environment variables for a docker client and ObjDocker to use this engine and its base images. */
  readonly env: EnvironmentVariables;
}

/** Starts an engine for the bench alone and loads the base images. Disposing of it removes its data. */
export async function startEngine(flavour: Flavour, signal: AbortSignal): Promise<BenchEngine> {
  const name = ownName('e');
  // Not aborted by the signal: a half-started engine is hard to remove.
  const down = () => run([SANDBOX, 'engine', 'down', name]);
  try {
    await run([SANDBOX, 'engine', 'up', name, '--flavour', flavour]);
    signal.throwIfAborted();
    await run([SANDBOX, 'base-images', '--engine', name]);
    signal.throwIfAborted();
    const env = { ...(await environmentOf('engine', name)), ...BASE_IMAGES, DOCKER_BUILDKIT: '1' };
    const version = await run(['docker', 'version', '--format', '{{.Server.Version}}'], { env });
    return {
      title: `Engine ${/^\d+\.\d+/.exec(version)?.[0] ?? version.trim()}`,
      env,
      [Symbol.asyncDispose]: async () => void (await down()),
    };
  } catch (error) {
    await down();
    throw error;
  }
}

/** Downloads docker-py and returns the environment variables with which python3 finds it. */
export async function prepareDockerPy(): Promise<{ readonly env: EnvironmentVariables }> {
  const folder = await run([SANDBOX, 'docker-py']);
  return { env: { PYTHONPATH: folder.trim() } };
}

export interface BenchRegistry extends AsyncDisposable {
  /** `localhost:PORT` */
  readonly host: string;
}

/** Starts an empty registry on a new port. */
export async function startRegistry(): Promise<BenchRegistry> {
  const name = ownName('r');
  const down = () => run([SANDBOX, 'registry', 'down', name]);
  const port = await unusedPort();
  try {
    await run([SANDBOX, 'registry', 'up', name, '--port', String(port)]);
  } catch (error) {
    await down();
    throw error;
  }
  return { host: `localhost:${port}`, [Symbol.asyncDispose]: async () => void (await down()) };
}

export interface BenchHarbor extends AsyncDisposable {
  /** `http://localhost:PORT` */
  readonly url: string;
  readonly username: string;
  readonly password: string;
}

/** Starts a Harbor-compatible server with a latency for every response: `20ms`. */
export async function startHarbor(latency: string): Promise<BenchHarbor> {
  const name = ownName('h');
  const down = () => run([SANDBOX, 'harbor', 'down', name]);
  const port = await unusedPort();
  try {
    await run([SANDBOX, 'harbor', 'up', name, '--port', String(port), '--latency', latency]);
    const env = await environmentOf('harbor', name);
    return {
      url: env.OBJDOCKER_SANDBOX_HARBOR_URL ?? '',
      username: env.OBJDOCKER_SANDBOX_HARBOR_USERNAME ?? '',
      password: env.OBJDOCKER_SANDBOX_HARBOR_PASSWORD ?? '',
      [Symbol.asyncDispose]: async () => void (await down()),
    };
  } catch (error) {
    await down();
    throw error;
  }
}

/** Environment variables for a server of the sandbox. */
async function environmentOf(kind: 'engine' | 'harbor', name: string): Promise<EnvironmentVariables> {
  const script = 'exports=$("$0" "$1" env "$2") && eval "$exports" && env -0';
  const printed = await run(['bash', '-c', script, SANDBOX, kind, name]);
  const after = new Map(printed.split('\0').map((entry) => [entry.split('=', 1)[0], entry] as const));
  const removed = Object.keys(process.env).filter((name) => !after.has(name));
  return {
    ...Object.fromEntries([...after].map(([name = '', entry]) => [name, entry.slice(name.length + 1)])),
    ...Object.fromEntries(removed.map((name) => [name, undefined])),
  };
}

const portsTaken = new Set<number>();

async function unusedPort(): Promise<number> {
  while (true) {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    const address = server.address();
    await new Promise((resolve) => server.close(resolve));
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    if (port !== 0 && !portsTaken.has(port)) {
      portsTaken.add(port);
      return port;
    }
  }
}

function ownName(kind: string): string {
  return `bench-${kind}${randomBytes(3).toString('hex')}`;
}
