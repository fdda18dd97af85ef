import type { Operation } from '../lib/operation.ts';
import type { InstanceState } from '../model/enums.ts';
import type { Instance, InstanceDetail, OutputChunk, TerminalSize } from '../model/instance.ts';

/**
 * The operations of a substrate on its instances. For {@link ObjDocker}, instances are containers.
 *
 * A `name` parameter is an id, a name, or a unique prefix of an id; in this order when it could be several of them. Methods with a
 * `name` throw:
 *
 * - INSTANCE_NAME_INVALID: no instance can have that name. No request was sent.
 * - INSTANCE_NOT_FOUND: there is no such instance. `details.suggestions` are similar names.
 * - INSTANCE_AMBIGUOUS: it is a prefix of several ids. `details.matches` are the instances, each as `{ id, name }`.
 *
 * When the substrate is unreachable, all methods throw the error of {@link ObjSubstrate.connect}, also during their work. They throw
 * CANCELLED when their signal aborts. `runSubstrateContract` of `objdocker/testing` checks an implementation.
 */
export interface ObjSubstrate {
  /** Connects, and checks that the substrate responds. All other methods connect by themselves. */
  connect(options?: CallOptions): Promise<SubstrateConnection>;

  /** Lists the instances that match all filters, running or not, newest first. It sends one request for any number of instances. */
  listInstances(options?: ListInstancesOptions): Promise<readonly Instance[]>;

  /** Returns the details of an instance. */
  getInstance(name: string, options?: CallOptions): Promise<InstanceDetail>;

  /**
   * Starts an instance and waits until it runs, or has exited with 0. A running instance is not changed.
   *
   * @throws {ObjDockerError} INSTANCE_PAUSED; INSTANCE_START_FAILED when the substrate cannot start it, or it exits at once with a
   * code other than 0.
   */
  startInstance(name: string, options?: CallOptions): Promise<StartResult>;

  /**
   * Stops an instance and waits until it has exited. It sends the stop signal of the instance or its image, and kills the process
   * after the time-out. A paused instance is unpaused first. An instance that does not run is not changed. The substrate does not
   * restart the instance.
   */
  stopInstance(name: string, options?: StopInstanceOptions): Promise<StopResult>;

  /**
   * Deletes an instance and waits until it no longer exists.
   *
   * @throws {ObjDockerError} INSTANCE_RUNNING when it is running, paused or restarting, and `force` is not set. Nothing has changed.
   */
  deleteInstance(name: string, options?: DeleteInstanceOptions): Promise<DeleteResult>;

  /**
   * Runs a command in a running instance: a program and its arguments, without a shell.
   *
   * Iterate the execution to read the output as it arrives, with backpressure. To collect the output up to a limit, await only
   * `result`.
   *
   * Aborting the signal, leaving the loop early and exceeding `timeoutMs` kill the command in the instance. If that fails,
   * `details.running` of the error is true, and `details.pid` is the process id on the substrate's machine, when known.
   *
   * @throws {ObjDockerError} (in the loop and in `result`) EXEC_NOT_FOUND when the instance has no such program;
   * EXEC_NOT_EXECUTABLE when the program cannot be run, also when the user or the working directory does not exist;
   * INSTANCE_NOT_RUNNING; INSTANCE_PAUSED; INSTANCE_STOPPED when the instance stops while the command runs; TIMEOUT; EXEC_INVALID when
   * the command is empty or contains a NUL.
   *
   * @example
   * ```ts
   * const { exitCode, stdout } = await substrate.executeCommand('web', ['cat', '/etc/os-release']).result;
   * ```
   */
  executeCommand(name: string, command: readonly string[], options?: ExecuteOptions): Execution;

  /**
   * Reads the output of an instance's process, oldest first, with backpressure. Chunks can start and end within a line. The iteration
   * ends at the end of the log; with `follow`, when the instance stops. A substrate may keep only text, with U+FFFD in place of bytes
   * that are not UTF-8.
   *
   * @throws {ObjDockerError} INSTANCE_LOGS_UNAVAILABLE when the substrate keeps no logs of this instance.
   */
  readLogs(name: string, options?: ReadLogsOptions): AsyncIterable<OutputChunk>;

  /** Closes the connection after the calls that still use it. A later call connects again. */
  close(): void;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface SubstrateConnection {
  /** A description for display: `Docker Engine 26.1.5 at unix:///var/run/docker.sock`. */
  readonly description: string;
}

/** Filters. An instance must match all filters, and one value of each; of `labels`, all. An empty list filters nothing. */
export interface ListInstancesOptions extends CallOptions {
  /** Labels that an instance must have, all of them: `key` or `key=value`. */
  readonly labels?: readonly string[] | undefined;
  readonly states?: readonly InstanceState[] | undefined;
  /** Substrings of names. */
  readonly names?: readonly string[] | undefined;
  /**
   * Image references or ids. A reference without tag and digest matches all images of that repository. When the tag of an instance's
   * image has moved to another image, only the image's id matches.
   */
  readonly images?: readonly string[] | undefined;
}

/** The result of a change. */
export interface ChangeResult {
  readonly id: string;
  readonly name: string;
  /** False when there was nothing to do. */
  readonly changed: boolean;
}

export interface StartResult extends ChangeResult {
  /** `exited` for an instance that has already exited with 0. */
  readonly state: InstanceState;
}

export interface StopInstanceOptions extends CallOptions {
  /** Kills the process at once. @default false */
  readonly force?: boolean | undefined;
  /** How long to wait for the process to exit before it is killed, in seconds. @default the setting of the instance, else 10 */
  readonly timeoutSeconds?: number | undefined;
}

export interface StopResult extends ChangeResult {
  /** Whether the substrate killed the process: with `force`, or after the time-out. */
  readonly killed: boolean;
  /** The exit code; absent when nothing was changed. */
  readonly exitCode?: number;
}

export interface DeleteInstanceOptions extends CallOptions {
  /** Kills a running instance first. @default false */
  readonly force?: boolean | undefined;
  /** Also deletes the anonymous volumes of the instance. @default false */
  readonly volumes?: boolean | undefined;
}

export type DeleteResult = ChangeResult;

export interface ExecuteOptions extends CallOptions {
  /** The input of the command, read with backpressure. @default empty */
  readonly stdin?: AsyncIterable<Uint8Array> | Uint8Array | string | undefined;
  /** A name or number, optionally with a group: `user:group`. @default the user of the instance */
  readonly user?: string | undefined;
  /** An absolute path. @default the working directory of the instance */
  readonly workdir?: string | undefined;
  /** Added to the instance's environment. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Gives the command a terminal of this size. All output is then on stdout. */
  readonly tty?: TerminalSize | undefined;
  /**
   * The deadline of the command, in milliseconds from the call. It includes the time until all output is read, even if the command
   * has already exited. @default none
   */
  readonly timeoutMs?: number | undefined;
  /** The limit of collected output per stream, in bytes. @default 10 MiB */
  readonly maxCollectedBytes?: number | undefined;
}

/** A command in an instance. */
export interface Execution extends Operation<OutputChunk, ExecutionResult> {
  /** Resizes the terminal of the command. Does nothing when the command has no terminal or has exited. */
  resize(size: TerminalSize): Promise<void>;
}

export interface ExecutionResult {
  /** The exit code of the command: 128 plus the signal number when a signal killed it. */
  readonly exitCode: number;
  /** What it wrote; empty when the execution was iterated. */
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  /** Whether output beyond the limit was dropped. The start is kept. */
  readonly truncated: boolean;
  /** Whether the user pressed the detach keys of the terminal. The command still runs, and `exitCode` is 0. */
  readonly detached: boolean;
}

export interface ReadLogsOptions extends CallOptions {
  /** Continues with new output. @default false */
  readonly follow?: boolean | undefined;
  readonly since?: Date | undefined;
  /** The number of lines from the end. @default all */
  readonly tail?: number | undefined;
  /** Starts each line with its time, in RFC 3339 with nanoseconds, and a space. @default false */
  readonly timestamps?: boolean | undefined;
}
