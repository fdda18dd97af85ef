import type { ObjSubstrate } from '../substrate/obj-substrate.ts';

/**
 * An optional ability of a substrate under test. Checks that need a missing ability are skipped and reported.
 *
 * - `pause`: instances can be paused ({@link SubstrateUnderTest.pauseInstance}).
 * - `unreachable`: a substrate that does not respond is available ({@link SubstrateUnderTest.unreachable}).
 * - `restart`, `health`, `discarded-logs`: instances can be created with `restart`, `healthCheck` and
 *   `discardLogs` of {@link InstanceSpec}.
 * - `terminal`: commands can have a terminal.
 * - `user`: commands can run as another user.
 */
export type SubstrateAbility = 'pause' | 'unreachable' | 'restart' | 'health' | 'discarded-logs' | 'terminal' | 'user';

/** The instance that a check needs. */
export interface InstanceSpec {
  /** Unique. At most 63 lower-case letters, digits and hyphens. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The main process: the program and its arguments, without a shell. */
  readonly command: readonly string[];
  /** Whether to start it. It may exit at any time. Otherwise its state is `created`. */
  readonly started: boolean;
  /** Whether the substrate restarts it whenever it exits. @default false */
  readonly restart?: boolean;
  /** A shell script that runs every second; exit code 0 means healthy. @default none */
  readonly healthCheck?: string;
  /** Whether the substrate discards its output. @default false */
  readonly discardLogs?: boolean;
}

/**
 * A substrate under test, with a way to create instances, which {@link ObjSubstrate} does not have.
 *
 * Its instances have `sh` and the usual small programs (cat, env, head, id, printf, pwd, sleep with fractions; stty for
 * terminals). Each has its own writable file system, or at least its own writable working directory. They stop on SIGTERM. The
 * checks do not touch other instances.
 */
export interface SubstrateUnderTest {
  readonly substrate: ObjSubstrate;
  /** Creates an instance. */
  createInstance(spec: InstanceSpec): Promise<CreatedInstance>;
  /** Pauses a running instance, so that its processes get no CPU time. */
  pauseInstance?(id: string): Promise<void>;
  /** A substrate of the same kind that does not respond. */
  readonly unreachable?: ObjSubstrate;
  /** Missing abilities. `pause` and `unreachable` follow from the absent members. @default none */
  readonly lacks?: readonly SubstrateAbility[];
  /** Removes all created instances, running or not, and closes connections. */
  [Symbol.asyncDispose](): Promise<void>;
}

export interface CreatedInstance {
  readonly id: string;
  readonly name: string;
}

/** Creates the substrate under test for one run of the contract. */
export type CreateSubstrate = () => SubstrateUnderTest | Promise<SubstrateUnderTest>;
