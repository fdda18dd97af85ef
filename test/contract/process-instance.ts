import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { type ErrorCode, ObjDockerError } from '../../src/errors.ts';
import type { InstanceState } from '../../src/model/enums.ts';
import type { Instance, InstanceDetail, OutputChunk } from '../../src/model/instance.ts';
import type { InstanceSpec } from '../../src/testing/substrate-contract.ts';
import { killGroup } from './process-execution.ts';

interface Line {
  readonly time: Date;
  readonly chunk: OutputChunk;
}

export interface Entry {
  readonly id: string;
  readonly spec: InstanceSpec;
  readonly folder: string;
  readonly created: Date;
  readonly lines: Line[];
  readonly ends: Set<(error: ObjDockerError) => void>;
  state: InstanceState;
  child?: ChildProcess;
  started?: Date;
  finished?: Date;
  exitCode?: number;
  restartCount: number;
  restarts: boolean;
}

export const IMAGE = { reference: 'example.invalid/processes/sh:1', id: 'processes' };
export const PATH = '/usr/local/bin:/usr/bin:/bin';

export async function run(entry: Entry): Promise<void> {
  const [program = '', ...args] = entry.spec.command;
  const child = spawn(program, args, {
    cwd: entry.folder,
    env: { PATH },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close');
  ended.catch(() => {});
  await once(child, 'spawn');
  Object.assign(entry, { child, started: new Date(), state: 'running' });
  delete entry.exitCode;
  keepLines(entry, 'stdout', child);
  keepLines(entry, 'stderr', child);
  child.once('exit', (code, signal) => {
    // Its children end with it, like those of a container's first process.
    killGroup(child);
    const exitCode = code ?? 128 + (constants.signals[signal ?? 'SIGKILL'] ?? 0);
    void ended.then(() => {
      delete entry.child;
      Object.assign(entry, { finished: new Date(), state: 'exited', exitCode });
      for (const end of entry.ends) end(failure('INSTANCE_STOPPED', entry.spec.name));
      entry.ends.clear();
      if (!entry.restarts) return;
      entry.restartCount++;
      void run(entry);
    });
  });
  await Promise.race([ended, delay(200)]);
  await delay(0);
}

function keepLines({ lines }: Entry, stream: 'stdout' | 'stderr', child: ChildProcess): void {
  let rest = Buffer.alloc(0);
  child[stream]?.on('data', (data: Buffer) => {
    rest = Buffer.concat([rest, data]);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      lines.push({ time: new Date(), chunk: { stream, data: rest.subarray(0, end + 1) } });
      rest = rest.subarray(end + 1);
    }
  });
}

export function describe({ id, spec, state, created }: Entry): Instance {
  const common = { status: `it is ${state}`, created: created.toISOString(), ports: [], labels: spec.labels };
  return { id, name: spec.name, image: IMAGE, state, ...common };
}

export function detail(entry: Entry): InstanceDetail {
  const { exitCode, started, finished } = entry;
  return {
    ...describe(entry),
    image: { ...IMAGE, tags: [IMAGE.reference] },
    command: entry.spec.command,
    ...(started === undefined ? {} : { started: started.toISOString() }),
    ...(finished === undefined ? {} : { finished: finished.toISOString() }),
    ...(exitCode === undefined ? {} : { exitCode }),
    outOfMemory: false,
    restartCount: entry.restartCount,
    mounts: [],
    networks: [],
  };
}

export function named({ id, spec }: Entry) {
  return { id, name: spec.name };
}

export function failure(
  code: ErrorCode,
  name: string,
  more: { details?: Record<string, unknown>; cause?: unknown } = {},
) {
  return new ObjDockerError(code, `${code}: "${name}"`, { hint: 'Look at the list of instances.', ...more });
}
