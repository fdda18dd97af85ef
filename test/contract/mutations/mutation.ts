import { ObjDockerError } from '../../../src/errors.ts';
import type { Instance, InstanceDetail, OutputChunk, TerminalSize } from '../../../src/model/instance.ts';
import type {
  ExecuteOptions,
  Execution,
  ExecutionResult,
  ListInstancesOptions,
  ObjSubstrate,
  ReadLogsOptions,
} from '../../../src/substrate/obj-substrate.ts';

/** A bug in a substrate: some of its methods, changed to break the contract. */
export interface Mutation {
  /** What the mutated substrate does wrong. */
  readonly name: string;
  /** The names of the checks that must fail. */
  readonly fails: readonly string[];
  readonly mutate: (good: ObjSubstrate) => Partial<ObjSubstrate>;
}

/** Applies a mutation to a substrate. */
export function mutated(good: ObjSubstrate, { mutate }: Mutation): ObjSubstrate {
  return {
    connect: (options) => good.connect(options),
    listInstances: (options) => good.listInstances(options),
    getInstance: (name, options) => good.getInstance(name, options),
    startInstance: (name, options) => good.startInstance(name, options),
    stopInstance: (name, options) => good.stopInstance(name, options),
    deleteInstance: (name, options) => good.deleteInstance(name, options),
    executeCommand: (name, command, options) => good.executeCommand(name, command, options),
    readLogs: (name, options) => good.readLogs(name, options),
    close: () => good.close(),
    ...mutate(good),
  };
}

export function listing(
  change: (rows: readonly Instance[], good: ObjSubstrate, options: ListInstancesOptions) => readonly Instance[],
): Mutation['mutate'] {
  return (good) => ({
    listInstances: async (options = {}) => change(await good.listInstances(options), good, options),
  });
}

/** Changes the filters of a listing. */
export function filtering(change: (options: ListInstancesOptions) => ListInstancesOptions): Mutation['mutate'] {
  return (good) => ({ listInstances: (options = {}) => good.listInstances(change(options)) });
}

export function detailing(change: (detail: InstanceDetail) => object): Mutation['mutate'] {
  return (good) => ({
    getInstance: async (name, options) => {
      const detail = await good.getInstance(name, options);
      return { ...detail, ...change(detail) };
    },
  });
}

/** Changes the arguments and options of commands. */
export function running(
  change: (command: readonly string[], options: ExecuteOptions) => readonly [readonly string[], ExecuteOptions],
): Mutation['mutate'] {
  return (good) => ({
    executeCommand: (name, command, options = {}) => good.executeCommand(name, ...change(command, options)),
  });
}

export interface Alteration {
  /** Replaces the result. Calling `good` starts the command. */
  readonly result?: (good: () => Promise<ExecutionResult>) => Promise<ExecutionResult>;
  readonly loop?: (execution: Execution) => AsyncIterable<OutputChunk>;
  readonly resize?: (size: TerminalSize) => Promise<void>;
}

/** Changes the execution of commands. */
export function executing(alter: (good: Execution, options: ExecuteOptions) => Alteration): Mutation['mutate'] {
  return (good) => ({
    executeCommand: (name, command, options = {}) => {
      const execution = good.executeCommand(name, command, options);
      return altered(execution, alter(execution, options));
    },
  });
}

export function altered(good: Execution, { result, loop, resize }: Alteration): Execution {
  return {
    get result() {
      return result === undefined ? good.result : result(() => good.result);
    },
    [Symbol.asyncIterator]: () => (loop === undefined ? good : loop(good))[Symbol.asyncIterator](),
    resize: resize ?? ((size) => good.resize(size)),
  };
}

export function resulting(change: (result: ExecutionResult) => object): Mutation['mutate'] {
  return executing(() => ({
    result: async (good) => {
      const result = await good();
      return { ...result, ...change(result) };
    },
  }));
}

/** Changes the options of readLogs. */
export function reading(change: (options: ReadLogsOptions) => ReadLogsOptions): Mutation['mutate'] {
  return (good) => ({ readLogs: (name, options = {}) => good.readLogs(name, change(options)) });
}

/** Changes the chunks of readLogs. */
export function logging(
  change: (chunks: AsyncIterable<OutputChunk>, options: ReadLogsOptions) => AsyncIterable<OutputChunk>,
): Mutation['mutate'] {
  return (good) => ({ readLogs: (name, options = {}) => change(good.readLogs(name, options), options) });
}

/** Replaces an error with a value. */
export async function swallow<T>(code: ObjDockerError['code'], work: Promise<T>, instead: () => T): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ObjDockerError && error.code === code) return instead();
    throw error;
  }
}

export async function* swallowed(code: ObjDockerError['code'], chunks: AsyncIterable<OutputChunk>) {
  try {
    yield* chunks;
  } catch (error) {
    if (!(error instanceof ObjDockerError && error.code === code)) throw error;
  }
}

export async function relabel<T>(
  from: ObjDockerError['code'],
  to: ObjDockerError['code'],
  work: Promise<T>,
): Promise<T> {
  return swallow(from, work, () => {
    throw new ObjDockerError(to, 'in other words', { hint: 'Look elsewhere.' });
  });
}

/** The first `limit` bytes of the output. */
export async function* upTo(limit: number, chunks: AsyncIterable<OutputChunk>): AsyncGenerator<OutputChunk> {
  let left = limit;
  for await (const { stream, data } of chunks) {
    yield { stream, data: data.subarray(0, left) };
    left -= data.length;
    if (left <= 0) return;
  }
}
