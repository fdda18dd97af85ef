import type { VersionRules } from '../api/version.ts';
import type { Keys } from '../auth/keys.ts';
import type { Sessions } from '../auth/sessions.ts';
import type { Registry } from '../registry/registry.ts';
import type { Findings } from '../scan/findings.ts';
import type { Store } from './store.ts';

/** The delays of the server, in milliseconds where nothing else is said. */
export interface Timings {
  /** The delay of each API response. @default 0 */
  latency: number;
  /** From the start of a scan to its end. @default 2000 */
  scanTime: number;
  /** From the start of a garbage collection to its end. @default 1000 */
  gcTime: number;
  /** How long the status stays Running after the end. @default 1000 */
  gcLag: number;
  /** Gc keeps blobs younger than this number of hours. @default 2 */
  gcWindow: number;
  /** The delay after a wrong password, during which the account is locked. @default 1500 */
  loginDelay: number;
  /** The cost of a check of a user's password. A robot's costs nothing. @default 0 */
  passwordCost: number;
  /** How long `/health` shows the old state of a component. @default 0 */
  healthLag: number;
  /** Added to all times in responses. @default 0 */
  clockSkew: number;
  /** The age of the scanner's vulnerability database. @default 1 h */
  databaseAge: number;
}

export type Component = 'core' | 'database' | 'jobservice' | 'portal' | 'redis' | 'registry' | 'registryctl' | 'trivy';

/** A failure of the next matching requests. */
export interface Failure {
  /** How many matching requests succeed first. */
  after: number;
  left: number;
  readonly method?: string | undefined;
  readonly path?: RegExp | undefined;
  /** `lose` handles the request and sends no response. */
  readonly kind: 'status' | 'reset' | 'truncate' | 'stall' | 'lose';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  /** 0 until the response has ended. */
  status: number;
  /** The kind of the planned failure that it met. */
  failure?: Failure['kind'];
}

/** What all handlers share. */
export interface Harbor {
  readonly rules: VersionRules;
  readonly store: Store;
  readonly keys: Keys;
  readonly registry: Registry;
  readonly findings: Findings;
  readonly sessions: Sessions;
  readonly timings: Timings;
  /** Components that are down. The scanner is `trivy`, as in Harbor's own list. */
  readonly down: Set<Component>;
  /** The components that `/health` shows as down. */
  readonly shownDown: Set<Component>;
  readonly failures: Failure[];
  /** `passwords` counts the checks of a user's password. */
  readonly traffic: {
    requests: number;
    passwords: number;
    inFlight: number;
    maxInFlight: number;
    recent: SeenRequest[];
  };
  /** The URL for clients: `http://localhost:PORT`. */
  url: string;
  /** Aborted when the server stops. */
  readonly closing: AbortSignal;
  now(): Date;
}

/** The server's time, as in its responses. */
export const timestamp = (harbor: Harbor): string => harbor.now().toISOString();

/** Whether read-only mode is on. */
export const isReadOnly = (harbor: Harbor): boolean => harbor.store.state.configurations.read_only === true;
