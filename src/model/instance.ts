/**
 * What a substrate of the factory says of the instances that it runs: one model for all of them.
 *
 * Every shape here is plain data: it can be printed as JSON as it is, and `schema/` describes it. Times are ISO 8601 in UTC.
 */

/**
 * What an instance is doing.
 *
 * - `created`: made, and never started.
 * - `running`: its process runs.
 * - `paused`: its process exists and gets no time.
 * - `restarting`: it ended, and the substrate is about to start it again.
 * - `exited`: its process ended; it can be started again.
 * - `removing`: it is being deleted.
 * - `dead`: deleting it failed half-way; all it is good for is deleting it again.
 */
export const INSTANCE_STATES = ['created', 'running', 'paused', 'restarting', 'exited', 'removing', 'dead'] as const;

export type InstanceState = (typeof INSTANCE_STATES)[number];

/** What an instance's own health check says; `starting` until it has said something. */
export type InstanceHealth = 'starting' | 'healthy' | 'unhealthy';

/** A port of the instance; one row for each address that it can be reached at. */
export interface InstancePort {
  /** Inside the instance. */
  readonly port: number;
  /** `tcp`, `udp` or `sctp`. */
  readonly protocol: string;
  /** Where the substrate's machine listens for it, IPv4 or IPv6; absent when the port is not published. */
  readonly published?: { readonly address: string; readonly port: number };
}

/** An instance as a listing has it. */
export interface Instance {
  /** The whole id. */
  readonly id: string;
  readonly name: string;
  readonly image: {
    /** The image as whoever made the instance named it; its id when that name is another image's by now. */
    readonly reference: string;
    readonly id: string;
  };
  readonly state: InstanceState;
  /** The state in the substrate's own words: `Up 5 minutes (healthy)`. For people; its form is not promised. */
  readonly status: string;
  /** Absent for an instance without a health check, and for one that does not run. */
  readonly health?: InstanceHealth;
  readonly created: string;
  readonly ports: readonly InstancePort[];
  readonly labels: Readonly<Record<string, string>>;
}

/** An instance in detail. */
export interface InstanceDetail extends Instance {
  readonly image: Instance['image'] & {
    /** The names that the image has now; empty when it has none, or is gone. */
    readonly tags: readonly string[];
  };
  /** What it runs: the program and its arguments. */
  readonly command: readonly string[];
  /** When it was last started; absent when it never was. */
  readonly started?: string;
  /** When it last ended; absent while it runs for the first time. */
  readonly finished?: string;
  /** How it last ended; absent for an instance that runs or never did. */
  readonly exitCode?: number;
  /** The kernel ended it, or a process in it, for want of memory. */
  readonly outOfMemory: boolean;
  /** Why the substrate could not start it. */
  readonly error?: string;
  /** How often the substrate has started it again by itself. */
  readonly restartCount: number;
  /** The last answer of its health check; absent before there is one. */
  readonly lastProbe?: HealthProbe;
  readonly mounts: readonly InstanceMount[];
  readonly networks: readonly InstanceNetwork[];
}

export interface HealthProbe {
  readonly started: string;
  readonly ended: string;
  /** 0 is healthy. */
  readonly exitCode: number;
  /** What the check printed, as far as the substrate keeps it. */
  readonly output: string;
  /** How many probes in a row have failed by now. */
  readonly failingStreak: number;
}

export interface InstanceMount {
  /** `bind`, `volume` or `tmpfs`. */
  readonly type: string;
  /** A path on the substrate's machine, or the name of a volume; absent for a tmpfs. */
  readonly source?: string;
  /** The path inside the instance. */
  readonly target: string;
  readonly readOnly: boolean;
}

export interface InstanceNetwork {
  readonly name: string;
  /** Absent while the instance does not run. */
  readonly ipv4?: string;
  readonly ipv6?: string;
}

/** Bytes that an instance, or a command in it, wrote. */
export interface OutputChunk {
  readonly stream: 'stdout' | 'stderr';
  readonly data: Uint8Array;
}

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}
