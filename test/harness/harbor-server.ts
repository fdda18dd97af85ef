import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type HarborVersion, parseHarborVersion } from '../../sandbox/harbor/api/version.ts';
import { CONTROL } from '../../sandbox/harbor/control/control.ts';
import { ROBOT_NAME } from '../../sandbox/harbor/seed.ts';
import { type RunningHarbor, startHarbor as startServer } from '../../sandbox/harbor/server.ts';
import type { Component, Timings } from '../../sandbox/harbor/store/harbor.ts';
import type { TlsFiles } from './tls-certificates.ts';

export interface HarborTestOptions {
  /** Delays in milliseconds. By default the server is fast, and gc deletes every unused blob. */
  readonly delays?: Partial<Timings>;
  readonly tls?: TlsFiles;
  /** @default that of OBJDOCKER_TEST_HARBOR, else '2.15' */
  readonly version?: HarborVersion;
  /** With false, there are only the account `admin` and the project `library`, and no scanner. @default true */
  readonly demo?: boolean;
}

/** A failure of the next `count` matching requests. `path` is a regular expression. */
export interface PlannedFailure {
  /** How many matching requests succeed first. @default 0 */
  readonly after?: number;
  readonly count?: number;
  readonly method?: string;
  readonly path?: string;
  /** `lose` handles the request and sends no response. */
  readonly kind?: 'status' | 'reset' | 'truncate' | 'stall' | 'lose';
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Determines the scans of a repository's images. */
export interface RepositoryScanPlan {
  /** Applies to one platform only: `linux/arm64`. */
  readonly platform?: string;
  readonly findings?: number | readonly unknown[];
  readonly fails?: string;
  /** The scans stay Running until a plan without it. */
  readonly holds?: boolean;
  /** In milliseconds. */
  readonly scanTime?: number;
}

export interface Account {
  readonly username: string;
  readonly password: string;
}

/** The sandbox's Harbor with its switches. */
export interface SwitchedHarbor {
  /** `http://localhost:PORT` */
  readonly url: string;
  /** `localhost:PORT` */
  readonly host: string;
  readonly admin: Account;
  /**
   * Sends a request as `admin`, as another account or anonymously. A path without a leading slash is relative to the API.
   * Strings and bytes are sent unchanged, objects as JSON.
   */
  api(
    method: string,
    path: string,
    options?: {
      body?: string | Uint8Array<ArrayBuffer> | object;
      as?: Account | 'anonymous';
      headers?: Record<string, string>;
    },
  ): Promise<Response>;
  setDelays(delays: Partial<Timings>): Promise<void>;
  /** Takes these components down and brings all others up. The scanner is `trivy`. */
  setDown(...components: readonly Component[]): Promise<void>;
  failNext(...failures: readonly PlannedFailure[]): Promise<void>;
  /** Adds repositories without bytes. */
  seed(options: {
    project?: string;
    repositories: number;
    artifacts?: number;
    findings?: number;
    prefix?: string;
  }): Promise<void>;
  /** Sets the findings or the failure of an artifact's next scans. */
  planScan(
    repository: string,
    reference: string,
    plan: { findings?: number | readonly unknown[]; fails?: string },
  ): Promise<void>;
  /** Sets the plan for all images of a repository, including later ones. An empty plan removes it. */
  planScans(repository: string, plan: RepositoryScanPlan): Promise<void>;
  traffic(): Promise<{
    requests: number;
    /** The checks of a user's password. */
    passwords: number;
    /** The sessions that have not ended. */
    sessions: number;
    maxInFlight: number;
    recent: { method: string; path: string; status: number; failure?: string }[];
  }>;
  resetTraffic(): Promise<void>;
  /** Ends the sessions of all users. */
  endSessions(): Promise<void>;
}

/** A Harbor in the process of the test. */
export interface TestHarbor extends SwitchedHarbor, AsyncDisposable {
  /** May only push, pull and list in the project `axion`. */
  readonly robot: Account;
  /** A member of no project. */
  readonly outsider: Account;
  /** Closes all connections, stops, and starts again with the same port and state. */
  restart(options?: { readonly afterMs?: number }): Promise<void>;
}

const PASSWORD = 'Harbor12345';

/** Starts a Harbor for the test on a free port. */
export async function startHarbor(options: HarborTestOptions = {}): Promise<TestHarbor> {
  const folder = mkdtempSync(join(tmpdir(), 'objdocker-harbor-'));
  const start = (port: number): Promise<RunningHarbor> =>
    startServer({
      folder,
      registryProgram: registryProgram(),
      credentials: { admin: PASSWORD, dev: PASSWORD, robot: PASSWORD },
      port,
      timings: { scanTime: 200, gcTime: 50, gcLag: 50, gcWindow: 0, loginDelay: 50, ...options.delays },
      tls: options.tls,
      version: options.version ?? chosenVersion(),
      demo: options.demo,
    });
  let server = await start(0);
  const admin = { username: 'admin', password: PASSWORD };
  const { url } = server;

  return {
    ...switchesOf(url, admin),
    robot: { username: ROBOT_NAME, password: PASSWORD },
    outsider: { username: 'dev', password: PASSWORD },
    async restart({ afterMs = 0 } = {}) {
      await server.stop();
      await sleep(afterMs);
      server = await start(server.port);
    },
    async [Symbol.asyncDispose]() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The version that the tests run against which name none: OBJDOCKER_TEST_HARBOR. */
export function chosenVersion(): HarborVersion {
  return parseHarborVersion(process.env.OBJDOCKER_TEST_HARBOR ?? '2.15');
}

/** The switches of a running Harbor of the sandbox. */
export function switchesOf(url: string, admin: Account): SwitchedHarbor {
  const api: SwitchedHarbor['api'] = (method, path, { body, as = admin, headers: given = {} } = {}) => {
    const headers = new Headers(given);
    if (as !== 'anonymous') headers.set('Authorization', basic(as));
    if (isPlain(body) && !headers.has('Content-Type')) headers.set('Content-Type', 'application/json');
    return fetch(`${url}${path.startsWith('/') ? path : `/api/v2.0/${path}`}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: isPlain(body) ? JSON.stringify(body) : body }),
    });
  };
  const control = async (method: string, path: string, body: object = {}) => {
    const response = await api(method, `${CONTROL}/${path}`, {
      ...(method === 'GET' ? {} : { body }),
      as: 'anonymous',
    });
    if (!response.ok) throw new Error(`${method} ${path} failed: ${response.status} ${await response.text()}`);
    return response;
  };
  const change = async (method: string, path: string, body?: object) => void (await control(method, path, body));

  return {
    url,
    host: new URL(url).host,
    admin,
    api,
    setDelays: (delays) => change('PUT', 'delays', delays),
    setDown: (...components) => change('PUT', 'down', { components }),
    failNext: (...failures) => change('PUT', 'failures', { failures }),
    seed: (options) => change('POST', 'seed', { project: 'axion', ...options }),
    planScan: (repository, reference, plan) => change('PUT', 'scan-plan', { repository, reference, ...plan }),
    planScans: (repository, plan) => change('PUT', 'scan-plan', { repository, ...plan }),
    traffic: async () => (await (await control('GET', 'traffic')).json()) as never,
    resetTraffic: () => change('DELETE', 'traffic'),
    endSessions: () => change('DELETE', 'sessions'),
  };
}

const isPlain = (body: string | Uint8Array<ArrayBuffer> | object | undefined): body is object =>
  typeof body === 'object' && !(body instanceof Uint8Array);

/** An Authorization header. */
export const basic = ({ username, password }: Account): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

/** Debian's docker-registry, which `script/sandbox up` unpacked. */
function registryProgram(): string {
  const folder = process.env.OBJDOCKER_SANDBOX_DIR ?? `${process.env.HOME}/.local/share/objdocker/sandbox`;
  return join(process.env.OBJDOCKER_SANDBOX_CACHE ?? join(folder, 'cache'), 'trees/tools/usr/bin/docker-registry');
}
