import type { Keys } from '../auth/keys.ts';
import type { Registry } from '../registry/registry.ts';
import type { Findings } from '../scan/findings.ts';
import type { Store } from './state.ts';

/** Times in milliseconds. */
export interface Timings {
  /** Every answer of the API waits this long. @default 0 */
  latency: number;
  /** From the start of a scan to its end. @default 2000 */
  scanTime: number;
  /** From the start of a garbage collection to its end. @default 1000 */
  gcTime: number;
  /** How much longer its status says Running. @default 1000 */
  gcLag: number;
  /** Blobs younger than this are kept, in hours. @default 2 */
  gcWindow: number;
  /** How long a wrong password takes, and locks its user. @default 1500 */
  loginDelay: number;
  /** Added to every time that the server tells. @default 0 */
  clockSkew: number;
}

export type Component = 'core' | 'database' | 'jobservice' | 'portal' | 'redis' | 'registry' | 'registryctl' | 'trivy';

/** A fault that the next matching requests run into. */
export interface Failure {
  /** How many matching requests go well before it. */
  after: number;
  left: number;
  readonly method?: string | undefined;
  readonly path?: RegExp | undefined;
  /** `lose` does what was asked, and gives no answer. */
  readonly kind: 'status' | 'reset' | 'truncate' | 'stall' | 'lose';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  status: number;
}

/** What the handlers share. */
export interface Harbor {
  readonly store: Store;
  readonly keys: Keys;
  readonly registry: Registry;
  readonly findings: Findings;
  readonly timings: Timings;
  /** Components that are made to look broken. The scanner is `trivy`, as in Harbor's own list. */
  readonly down: Set<Component>;
  readonly failures: Failure[];
  readonly traffic: { requests: number; inFlight: number; maxInFlight: number; recent: SeenRequest[] };
  /** Where clients reach it: `http://localhost:PORT`. */
  url: string;
  /** Aborted when the server stops. */
  readonly closing: AbortSignal;
  now(): Date;
}

/** The server's time as its answers tell it. */
export const timestamp = (harbor: Harbor): string => harbor.now().toISOString();

/** Whether the administrator has turned on read-only mode. */
export const isReadOnly = (harbor: Harbor): boolean => harbor.store.state.configurations.read_only === true;
