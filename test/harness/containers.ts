import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './processes.ts';
import { docker } from './sandbox.ts';

export const BUSYBOX = 'localhost/busybox:bookworm';

type Environment = Readonly<Record<string, string | undefined>>;

export interface TestContainer extends AsyncDisposable {
  readonly id: string;
  readonly name: string;
}

export interface TestContainerOptions {
  /** Its command. @default {@link WAITS} */
  readonly command?: readonly string[] | SignalCommand;
  /** Options of `docker create`: `['--init', '--publish', '127.0.0.1::80']`. */
  readonly options?: readonly string[];
  /** @default a random one */
  readonly name?: string;
  /** @default {@link BUSYBOX} */
  readonly image?: string;
  /** Starts it, too. @default true */
  readonly start?: boolean;
  /** Which engine, as variables on top of the test's own. */
  readonly env?: Environment;
}

/** What a shell does at each signal (`''` is nothing), and until then runs on: `{ atSignal: { TERM: 'exit 4' } }`. */
export interface SignalCommand {
  readonly atSignal: Readonly<Record<string, string>>;
  /** A shell command to run first. */
  readonly first?: string;
}

/** Ends at SIGTERM, which a shell that is process 1 would not do by itself. */
export const WAITS: SignalCommand = { atSignal: { TERM: 'exit 0' } };

const READY = 'ready';

/** A container of the test, created by the docker client. Disposing of it removes it in any state. */
export async function makeContainer(options: TestContainerOptions = {}): Promise<TestContainer> {
  const { name = containerName(), image = BUSYBOX, env = {} } = options;
  const { command = WAITS } = options;
  const created = await docker(
    [
      'create',
      '--name',
      name,
      ...(options.options ?? []),
      image,
      ...('atSignal' in command ? shell(command) : command),
    ],
    env,
  );
  const id = created.split('\n').at(-1) ?? '';
  const container = { id, name, [Symbol.asyncDispose]: () => removeContainer(id, env) };
  if (options.start ?? true) {
    try {
      await docker(['start', id], env);
      // Until its traps are set, a signal does what it does to any process.
      if ('atSignal' in command)
        await until(
          () => docker(['logs', id], env),
          (log) => log.includes(READY),
        );
    } catch (error) {
      await removeContainer(id, env);
      throw error;
    }
  }
  return container;
}

/** The command line of a {@link SignalCommand}. */
export function shell({ atSignal, first = '' }: SignalCommand): string[] {
  const traps = Object.entries(atSignal).map(([signal, action]) => `trap '${action}' ${signal}`);
  const script = [first, ...traps, `echo ${READY}`, 'while :; do sleep 60 & wait $!; done'].filter(Boolean).join('; ');
  return ['sh', '-c', script];
}

/** A name that no other test has. */
export function containerName(): string {
  return `objtest-${randomBytes(5).toString('hex')}`;
}

/** Brings {@link BUSYBOX} from the sandbox's engine to another one. */
export async function copyBusybox(env: Environment): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'objdocker-busybox-'));
  try {
    await docker(['save', '--output', join(folder, 'image.tar'), BUSYBOX]);
    await docker(['load', '--quiet', '--input', join(folder, 'image.tar')], env);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function removeContainer(id: string, env: Environment): Promise<void> {
  await docker(['rm', '--force', '--volumes', id], env).catch((error: unknown) => {
    // It is deleted, or is being deleted: an older client fails then in spite of --force.
    if (!/no such container|already in progress/i.test(String(error))) throw error;
  });
}

/** Runs an image that serves HTTP on port 8080, and returns its first response. The caller removes the container. */
export async function runService(image: string): Promise<{ readonly id: string; readonly text: string }> {
  const id = await docker(['run', '--detach', '--publish', '127.0.0.1::8080', image]);
  const address = await docker(['port', id, '8080/tcp']);
  const respond = async (): Promise<string | undefined> => {
    const response = await fetch(`http://${address}/`, { signal: AbortSignal.timeout(10_000) }).catch(() => undefined);
    return await response?.text();
  };
  try {
    return { id, text: (await until(respond, (text) => text !== undefined)) ?? '' };
  } catch (cause) {
    throw new Error(`${image} does not respond: ${await docker(['logs', id])}`, { cause });
  }
}
