import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ObjDockerError } from '../../src/errors.ts';
import { throwIfCancelled } from '../../src/lib/operation.ts';
import { suggest } from '../../src/lib/text/suggest.ts';
import type { Instance, InstanceDetail, OutputChunk } from '../../src/model/instance.ts';
import type {
  CallOptions,
  DeleteInstanceOptions,
  ExecuteOptions,
  ListInstancesOptions,
  ObjSubstrate,
  ReadLogsOptions,
  StartResult,
  StopInstanceOptions,
  StopResult,
} from '../../src/substrate/obj-substrate.ts';
import type { InstanceSpec, SubstrateUnderTest } from '../../src/testing/substrate-contract.ts';
import { execution, killGroup } from './process-execution.ts';
import { describe, detail, type Entry, failure, IMAGE, named, PATH, run } from './process-instance.ts';

/** A substrate whose instances are processes of this machine, without containers. */
export class ProcessSubstrate implements ObjSubstrate {
  readonly #entries: Entry[] = [];
  readonly #reachable: boolean;

  constructor(reachable = true) {
    this.#reachable = reachable;
  }

  async connect({ signal }: CallOptions = {}) {
    throwIfCancelled(signal);
    this.#ask();
    return { description: 'processes of this machine' };
  }

  async listInstances(options: ListInstancesOptions = {}): Promise<readonly Instance[]> {
    await this.connect(options);
    const any = <T>(wanted: readonly T[] | undefined, test: (value: T) => boolean) =>
      wanted === undefined || wanted.length === 0 || wanted.some(test);
    return this.#entries
      .map(describe)
      .filter(({ labels }) => (options.labels ?? []).every((filter) => hasLabel(labels, filter)))
      .filter(({ state }) => any(options.states, (wanted) => wanted === state))
      .filter(({ name }) => any(options.names, (part) => name.includes(part)))
      .filter(() => any(options.images, (image) => IMAGE.reference === image || IMAGE.reference === `${image}:1`))
      .reverse();
  }

  async getInstance(name: string, { signal }: CallOptions = {}): Promise<InstanceDetail> {
    throwIfCancelled(signal);
    return detail(this.#find(name));
  }

  async startInstance(name: string, { signal }: CallOptions = {}): Promise<StartResult> {
    throwIfCancelled(signal);
    const entry = this.#find(name);
    if (entry.state === 'paused') throw failure('INSTANCE_PAUSED', name);
    if (entry.state === 'running') return { ...named(entry), changed: false, state: entry.state };
    entry.restarts = entry.spec.restart ?? false;
    try {
      await run(entry);
    } catch (cause) {
      throw failure('INSTANCE_START_FAILED', name, { cause });
    }
    if (entry.exitCode) throw failure('INSTANCE_START_FAILED', name);
    return { ...named(entry), changed: true, state: entry.state };
  }

  async stopInstance(
    name: string,
    { force, timeoutSeconds = 10, signal }: StopInstanceOptions = {},
  ): Promise<StopResult> {
    throwIfCancelled(signal);
    const entry = this.#find(name);
    const { child } = entry;
    if (child === undefined) return { ...named(entry), changed: false, killed: false };
    entry.restarts = false;
    // Only the process itself gets SIGTERM, like the first process of a container.
    if (!force) child.kill('SIGTERM');
    const deadline = Date.now() + (force ? 0 : timeoutSeconds * 1000);
    while (entry.child !== undefined && Date.now() < deadline) {
      await delay(20);
      throwIfCancelled(signal);
    }
    const killed = entry.child !== undefined;
    if (killed) killGroup(child);
    while (entry.child !== undefined) await delay(5);
    return { ...named(entry), changed: true, killed, exitCode: entry.exitCode ?? 0 };
  }

  async deleteInstance(name: string, { force, signal }: DeleteInstanceOptions = {}) {
    throwIfCancelled(signal);
    const entry = this.#find(name);
    if (entry.child !== undefined && !force) throw failure('INSTANCE_RUNNING', name);
    await this.stopInstance(entry.id, { force: true });
    this.#entries.splice(this.#entries.indexOf(entry), 1);
    rmSync(entry.folder, { recursive: true, force: true });
    return { ...named(entry), changed: true };
  }

  executeCommand(name: string, command: readonly string[], options: ExecuteOptions = {}) {
    const prepare = () => {
      throwIfCancelled(options.signal);
      refuseImpossible(command, options);
      const { state, folder, ends } = this.#find(name);
      if (state === 'paused') throw failure('INSTANCE_PAUSED', name);
      if (state !== 'running') throw failure('INSTANCE_NOT_RUNNING', name);
      const whenEnded = (end: (error: ObjDockerError) => void) => void ends.add(end);
      return { folder, env: { PATH }, whenEnded };
    };
    return execution(prepare, command, options);
  }

  async *readLogs(name: string, options: ReadLogsOptions = {}): AsyncGenerator<OutputChunk, void> {
    throwIfCancelled(options.signal);
    const entry = this.#find(name);
    if (entry.spec.discardLogs) throw failure('INSTANCE_LOGS_UNAVAILABLE', name);
    let at = options.tail === undefined ? 0 : Math.max(0, entry.lines.length - options.tail);
    do {
      for (let line = entry.lines[at]; line !== undefined; line = entry.lines[++at]) {
        const time = options.timestamps ? line.time.toISOString().replace('Z', '000000Z ') : '';
        const data = Buffer.concat([Buffer.from(time), line.chunk.data]);
        if (line.time >= (options.since ?? new Date(0))) yield { ...line.chunk, data };
      }
      if (options.follow && entry.child !== undefined) await delay(20);
      throwIfCancelled(options.signal);
    } while (entry.lines.length > at || (options.follow && entry.child !== undefined));
  }

  close(): void {}

  /** Creates an instance for {@link createProcessSubstrate}. The interface has no such method. */
  async create(spec: InstanceSpec) {
    const folder = mkdtempSync(join(tmpdir(), 'objdocker-process-'));
    const made = { id: randomUUID(), spec, folder, created: new Date(), lines: [], ends: new Set<never>() };
    const entry: Entry = { ...made, state: 'created', restartCount: 0, restarts: spec.restart ?? false };
    this.#entries.push(entry);
    if (spec.started) await run(entry);
    return named(entry);
  }

  async pause(id: string): Promise<void> {
    const entry = this.#find(id);
    if (entry.child !== undefined) killGroup(entry.child, 'SIGSTOP');
    entry.state = 'paused';
  }

  #ask(): void {
    const hint = 'Start it.';
    if (!this.#reachable) throw new ObjDockerError('ENGINE_UNREACHABLE', 'there is no engine', { hint });
  }

  #find(name: string): Entry {
    if (!/^[\w.-]+$/.test(name)) throw failure('INSTANCE_NAME_INVALID', name);
    this.#ask();
    const exact = this.#entries.find(({ id, spec }) => id === name || spec.name === name);
    const matches = exact === undefined ? this.#entries.filter(({ id }) => id.startsWith(name)) : [exact];
    if (matches.length > 1) {
      throw failure('INSTANCE_AMBIGUOUS', name, { details: { matches: matches.map(named) } });
    }
    const near = suggest(
      name,
      this.#entries.map(({ spec }) => spec.name),
    );
    const suggestions = near === undefined ? [] : [near];
    return matches[0] ?? fail(failure('INSTANCE_NOT_FOUND', name, { details: { suggestions } }));
  }
}

/** Runs the contract against processes: they have no terminals and no health checks. */
export function createProcessSubstrate(): SubstrateUnderTest {
  const substrate = new ProcessSubstrate();
  const made: string[] = [];
  return {
    substrate,
    unreachable: new ProcessSubstrate(false),
    lacks: ['terminal', 'health', ...(process.getuid?.() === 0 ? [] : (['user'] as const))],
    createInstance: async (spec) => {
      const instance = await substrate.create(spec);
      made.push(instance.id);
      return instance;
    },
    pauseInstance: (id) => substrate.pause(id),
    async [Symbol.asyncDispose]() {
      for (const { id } of await substrate.listInstances()) await substrate.deleteInstance(id, { force: true });
    },
  };
}

function hasLabel(labels: Readonly<Record<string, string>>, filter: string): boolean {
  const at = filter.indexOf('=');
  return at < 0 ? filter in labels : labels[filter.slice(0, at)] === filter.slice(at + 1);
}

function refuseImpossible(command: readonly string[], { env = {}, workdir = '/', user = '0' }: ExecuteOptions): void {
  const names = Object.keys(env);
  const words = [...command, ...names, ...Object.values(env), workdir, user];
  const impossible =
    words.some((word) => word.includes('\0')) || names.some((name) => name === '' || name.includes('='));
  if (impossible || command.length === 0 || !workdir.startsWith('/')) throw failure('EXEC_INVALID', command.join(' '));
}

function fail(error: Error): never {
  throw error;
}
