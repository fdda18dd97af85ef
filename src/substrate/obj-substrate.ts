import type { Operation } from '../lib/operation.ts';
import type { InstanceState } from '../model/enums.ts';
import type { Instance, InstanceDetail, OutputChunk, TerminalSize } from '../model/instance.ts';

/**
 * What every substrate of the factory can do with the instances that it runs. {@link ObjDocker} is the Docker one.
 *
 * An instance is named by its id, its name, or the beginning of its id that no other has; what could be several of these is the
 * first of them. Where a method takes one:
 *
 * - INSTANCE_NAME_INVALID: no instance can have that name; nothing was asked.
 * - INSTANCE_NOT_FOUND: there is none; `details.suggestions` are names that are near.
 * - INSTANCE_AMBIGUOUS: several ids begin so; `details.matches` are they, each `{ id, name }`.
 *
 * All methods throw what {@link ObjSubstrate.connect} throws when the substrate is out of reach, also in the middle of their
 * work, and CANCELLED when their signal is aborted. `runSubstrateContract` of `objdocker/testing` checks an implementation.
 */
export interface ObjSubstrate {
  /** Connects, and makes sure that the substrate answers. Every other method does so by itself. */
  connect(options?: CallOptions): Promise<SubstrateConnection>;

  /** All instances, running or not, newest first; those that pass every filter given. One request, however many there are. */
  listInstances(options?: ListInstancesOptions): Promise<readonly Instance[]>;

  /** One instance in detail. */
  getInstance(name: string, options?: CallOptions): Promise<InstanceDetail>;

  /**
   * Starts an instance and waits until it runs, or has run and ended with 0. One that runs is left alone.
   *
   * @throws {ObjDockerError} INSTANCE_PAUSED; INSTANCE_START_FAILED when the substrate cannot start it, or it ended at once
   * with another code than 0.
   */
  startInstance(name: string, options?: CallOptions): Promise<StartResult>;

  /**
   * Stops an instance and waits until it has: asks its process to end, by the signal that it or its image wants, and after the
   * time-out ends it. A paused one is woken for that. One that does not run is left alone. It is not started again by itself.
   */
  stopInstance(name: string, options?: StopInstanceOptions): Promise<StopResult>;

  /**
   * Deletes an instance and waits until it is gone.
   *
   * @throws {ObjDockerError} INSTANCE_RUNNING when it runs (or is paused, or restarts) and `force` is not set: nothing changed.
   */
  deleteInstance(name: string, options?: DeleteInstanceOptions): Promise<DeleteResult>;

  /**
   * Runs a command in a running instance: the program and its arguments as they are, without a shell.
   *
   * Iterate the execution for the output as it comes: it is read no faster than it is taken. Awaiting `result` alone collects
   * the output, up to a limit.
   *
   * Aborting the signal, leaving the loop early and `timeoutMs` end the command in the instance. Where that cannot be done, the
   * error says so: `details.running` is true, and `details.pid` is its process id on the substrate's machine, when known.
   *
   * @throws {ObjDockerError} (in the loop and in `result`) EXEC_NOT_FOUND when the instance has no such program;
   * EXEC_NOT_EXECUTABLE when it cannot be run, also for want of the user or the folder; INSTANCE_NOT_RUNNING; INSTANCE_PAUSED;
   * INSTANCE_STOPPED when the instance stops while the command runs; TIMEOUT; EXEC_INVALID for what no program can be started
   * with (no words, a NUL).
   *
   * @example
   * ```ts
   * const { exitCode, stdout } = await substrate.executeCommand('web', ['cat', '/etc/os-release']).result;
   * ```
   */
  executeCommand(name: string, command: readonly string[], options?: ExecuteOptions): Execution;

  /**
   * What an instance's process has written, oldest first, in pieces that begin and end anywhere. Read no faster than it is
   * taken. Ends when the output does; with `follow`, when the instance stops. A substrate may keep text only: what is not UTF-8
   * is then U+FFFD.
   *
   * @throws {ObjDockerError} INSTANCE_LOGS_UNAVAILABLE when the substrate keeps none of this instance.
   */
  readLogs(name: string, options?: ReadLogsOptions): AsyncIterable<OutputChunk>;

  /** Ends the connection, if there is one, when the calls under way are done with it. A later call connects again. */
  close(): void;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface SubstrateConnection {
  /** What it is connected to, for people: `Docker Engine 26.1.5 at unix:///var/run/docker.sock`. */
  readonly description: string;
}

/** Filters of a listing. Within one, any of the values will do; all filters given must pass. An empty list is no filter. */
export interface ListInstancesOptions extends CallOptions {
  /** `key` or `key=value`. An instance must have all of them. */
  readonly labels?: readonly string[] | undefined;
  readonly states?: readonly InstanceState[] | undefined;
  /** Parts of names. */
  readonly names?: readonly string[] | undefined;
  /**
   * Image references or ids; of a reference without tag and digest, any image of that repository. An instance whose image has
   * lost its name, mostly to a newer image, is found by the image's id only.
   */
  readonly images?: readonly string[] | undefined;
}

/** What a change did. */
export interface ChangeResult {
  readonly id: string;
  readonly name: string;
  /** False when there was nothing to do. */
  readonly changed: boolean;
}

export interface StartResult extends ChangeResult {
  /** `exited` for an instance that has done its work already. */
  readonly state: InstanceState;
}

export interface StopInstanceOptions extends CallOptions {
  /** Ends it at once, without asking. @default false */
  readonly force?: boolean | undefined;
  /** How long it may take to end by itself, in seconds. @default what the instance says, else 10 */
  readonly timeoutSeconds?: number | undefined;
}

export interface StopResult extends ChangeResult {
  /** The substrate ended it: by `force`, or because it did not end by itself in time. False when it ended by itself just before. */
  readonly killed: boolean;
  /** How it ended; absent when nothing was to be done. */
  readonly exitCode?: number;
}

export interface DeleteInstanceOptions extends CallOptions {
  /** Ends it first, if it runs. @default false */
  readonly force?: boolean | undefined;
  /** Deletes the volumes, too, that were made for it and have no name. @default false */
  readonly volumes?: boolean | undefined;
}

export type DeleteResult = ChangeResult;

export interface ExecuteOptions extends CallOptions {
  /** What the command reads, taken no faster than it reads; at its end at once when absent. */
  readonly stdin?: AsyncIterable<Uint8Array> | Uint8Array | string | undefined;
  /** A name or number, `user:group` too. @default the instance's */
  readonly user?: string | undefined;
  /** An absolute path. @default the instance's */
  readonly workdir?: string | undefined;
  /** Added to the instance's environment. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Gives the command a terminal of this size: its output is one stream, stdout, as a terminal has it. */
  readonly tty?: TerminalSize | undefined;
  /**
   * After which the command is ended, in milliseconds from the call. The time that its output waits to be taken counts, too:
   * also of a command that has ended by then. @default none
   */
  readonly timeoutMs?: number | undefined;
  /** How much of each stream is collected, in bytes. @default 10 MiB */
  readonly maxCollectedBytes?: number | undefined;
}

/** A command that runs in an instance. */
export interface Execution extends Operation<OutputChunk, ExecutionResult> {
  /** Tells the command's terminal its new size. Does nothing for a command without one, or that has ended. */
  resize(size: TerminalSize): Promise<void>;
}

export interface ExecutionResult {
  /** The command's own: 128 and the signal's number when it was ended by one. */
  readonly exitCode: number;
  /** What it wrote; empty when the execution was iterated. */
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  /** More was written than was collected: the beginning is there, the rest was read and dropped. */
  readonly truncated: boolean;
  /** The user left the terminal by its detach keys: the command still runs, and `exitCode` is 0. */
  readonly detached: boolean;
}

export interface ReadLogsOptions extends CallOptions {
  /** Goes on with what is written from now. @default false */
  readonly follow?: boolean | undefined;
  readonly since?: Date | undefined;
  /** How many lines from the end. @default all */
  readonly tail?: number | undefined;
  /** Begins each line with its time, RFC 3339 with nanoseconds, and a space. @default false */
  readonly timestamps?: boolean | undefined;
}
