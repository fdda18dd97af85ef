import type { ObjSubstrate } from '../substrate/obj-substrate.ts';

/**
 * What a substrate may be unable to do by its nature, or what its subject has no means to bring about. Checks that need it
 * are skipped, and the report names them.
 *
 * - `pause`: an instance can be paused ({@link SubstrateUnderTest.pauseInstance}).
 * - `unreachable`: there is a substrate that does not answer ({@link SubstrateUnderTest.unreachable}).
 * - `restart`, `health`, `discarded-logs`: instances can be made with what {@link InstanceSpec} calls `restart`,
 *   `healthCheck` and `discardLogs`.
 * - `terminal`: commands can be given a terminal.
 * - `user`: commands can be run by another user.
 */
export type SubstrateAbility = 'pause' | 'unreachable' | 'restart' | 'health' | 'discarded-logs' | 'terminal' | 'user';

/** An instance that a check asks for. */
export interface InstanceSpec {
  /** Lower-case letters, digits and hyphens, at most 63. No other instance has it. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The instance's own process: the program and its arguments, without a shell around them. */
  readonly command: readonly string[];
  /** Whether it has been started; it may have ended since. Otherwise it is `created`. */
  readonly started: boolean;
  /** The substrate starts it again by itself whenever it ends. @default false */
  readonly restart?: boolean;
  /** A shell script that says every second whether the instance is healthy: 0 is. @default none */
  readonly healthCheck?: string;
  /** The substrate keeps nothing of what it writes. @default false */
  readonly discardLogs?: boolean;
}

/**
 * A substrate to be checked, and the means to make instances, which {@link ObjSubstrate} does not have.
 *
 * Its instances have `sh` and the usual small programs (cat, env, head, id, printf, pwd, sleep with fractions; stty for
 * terminals), each a file system of its own or at least a working folder of its own that they may write to, and are asked to
 * stop by SIGTERM. Other instances may be there beside those of the contract: they are left alone.
 */
export interface SubstrateUnderTest {
  readonly substrate: ObjSubstrate;
  /** Makes an instance as it is wished for. */
  createInstance(wish: InstanceSpec): Promise<CreatedInstance>;
  /** Takes all processor time from an instance that runs. */
  pauseInstance?(id: string): Promise<void>;
  /** A substrate of the same kind where nothing answers. */
  readonly unreachable?: ObjSubstrate;
  /** Which abilities it has not; `pause` and `unreachable` are known by what is absent here. @default none */
  readonly lacks?: readonly SubstrateAbility[];
  /** Removes all instances that were made, whatever they do, and ends connections. */
  [Symbol.asyncDispose](): Promise<void>;
}

export interface CreatedInstance {
  readonly id: string;
  readonly name: string;
}

/** Makes the subject of one run of the contract. */
export type CreateSubstrate = () => SubstrateUnderTest | Promise<SubstrateUnderTest>;
