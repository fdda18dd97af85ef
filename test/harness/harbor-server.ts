import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CONTROL } from '../../sandbox/harbor/control/control.ts';
import { ROBOT_NAME } from '../../sandbox/harbor/seed.ts';
import { type RunningHarbor, startHarbor as startServer } from '../../sandbox/harbor/server.ts';
import type { Component, Timings } from '../../sandbox/harbor/store/harbor.ts';
import type { TlsFiles } from './tls-certificates.ts';

export interface HarborTestOptions {
  /** Times in milliseconds; a test's server is quick and collects every blob unless told otherwise. */
  readonly pace?: Partial<Timings>;
  readonly tls?: TlsFiles;
  /** Without, there is neither a scanner nor a project nor an account but `admin` and `library`. @default true */
  readonly demo?: boolean;
}

/** A failure that the next `count` matching requests run into. `path` is a regular expression. */
export interface PlannedFailure {
  /** How many matching requests go well before it. @default 0 */
  readonly after?: number;
  readonly count?: number;
  readonly method?: string;
  readonly path?: string;
  /** `lose` does what was asked, and gives no answer. */
  readonly kind?: 'status' | 'reset' | 'truncate' | 'stall' | 'lose';
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What the scans of a repository's images do. */
export interface RepositoryScanPlan {
  /** Only those of one platform: `linux/arm64`. */
  readonly platform?: string;
  readonly findings?: number | readonly unknown[];
  readonly fails?: string;
  /** They do not end until a plan says otherwise. */
  readonly holds?: boolean;
  /** In milliseconds. */
  readonly scanTime?: number;
}

export interface Account {
  readonly username: string;
  readonly password: string;
}

/** The sandbox's Harbor with switches for a test. */
export interface SwitchedHarbor {
  /** `http://localhost:PORT` */
  readonly url: string;
  /** `localhost:PORT` */
  readonly host: string;
  readonly admin: Account;
  /**
   * Asks as `admin`, or as somebody else, or as nobody. A path without a slash in front is the API's.
   * Texts and bytes are sent as they are, anything else as JSON.
   */
  api(
    method: string,
    path: string,
    options?: {
      body?: string | Uint8Array<ArrayBuffer> | object;
      as?: Account | 'nobody';
      headers?: Record<string, string>;
    },
  ): Promise<Response>;
  setPace(pace: Partial<Timings>): Promise<void>;
  /** Breaks components, and mends all others. The scanner is `trivy`. */
  breakDown(...components: readonly Component[]): Promise<void>;
  failNext(...failures: readonly PlannedFailure[]): Promise<void>;
  /** Makes up repositories that have no bytes: 1,200 take less than a second. */
  plant(plantation: {
    project?: string;
    repositories: number;
    artifacts?: number;
    findings?: number;
    prefix?: string;
  }): Promise<void>;
  /** Says what the next scans of an artifact find, or that they fail. */
  planScan(
    repository: string,
    reference: string,
    plan: { findings?: number | readonly unknown[]; fails?: string },
  ): Promise<void>;
  /** Says what all scans of a repository's images do, also of those to come; an empty plan forgets it. */
  planScans(repository: string, plan: RepositoryScanPlan): Promise<void>;
  traffic(): Promise<{
    requests: number;
    maxInFlight: number;
    recent: { method: string; path: string; status: number }[];
  }>;
  forgetTraffic(): Promise<void>;
}

/** One that runs in the test's own process. */
export interface TestHarbor extends SwitchedHarbor, AsyncDisposable {
  /** May push, pull and list in the project `axion`, and nothing else. */
  readonly robot: Account;
  /** Is in no project. */
  readonly outsider: Account;
  /** Stops it, with all connections, and starts it again after a while, with the same port and state. */
  restart(options?: { readonly afterMs?: number }): Promise<void>;
}

const PASSWORD = 'Harbor12345';

/** Starts a Harbor of the test's own on a free port, in well under a second. */
export async function startHarbor(options: HarborTestOptions = {}): Promise<TestHarbor> {
  const folder = mkdtempSync(join(tmpdir(), 'objdocker-harbor-'));
  const start = (port: number): Promise<RunningHarbor> =>
    startServer({
      folder,
      registryProgram: registryProgram(),
      credentials: { admin: PASSWORD, dev: PASSWORD, robot: PASSWORD },
      port,
      timings: { scanTime: 200, gcTime: 50, gcLag: 50, gcWindow: 0, loginDelay: 50, ...options.pace },
      tls: options.tls,
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

/** The switches of a Harbor of the sandbox, wherever it runs. */
export function switchesOf(url: string, admin: Account): SwitchedHarbor {
  const api: SwitchedHarbor['api'] = (method, path, { body, as = admin, headers: given = {} } = {}) => {
    const headers = new Headers(given);
    if (as !== 'nobody') headers.set('Authorization', basic(as));
    if (isPlain(body) && !headers.has('Content-Type')) headers.set('Content-Type', 'application/json');
    return fetch(`${url}${path.startsWith('/') ? path : `/api/v2.0/${path}`}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: isPlain(body) ? JSON.stringify(body) : body }),
    });
  };
  const control = async (method: string, path: string, body: object = {}) => {
    const answer = await api(method, `${CONTROL}/${path}`, { ...(method === 'GET' ? {} : { body }), as: 'nobody' });
    if (!answer.ok) throw new Error(`The sandbox's Harbor did not take ${method} ${path}: ${await answer.text()}`);
    return answer;
  };
  const change = async (method: string, path: string, body?: object) => void (await control(method, path, body));

  return {
    url,
    host: new URL(url).host,
    admin,
    api,
    setPace: (pace) => change('PUT', 'pace', pace),
    breakDown: (...components) => change('PUT', 'down', { components }),
    failNext: (...failures) => change('PUT', 'failures', { failures }),
    plant: (plantation) => change('POST', 'plant', { project: 'axion', ...plantation }),
    planScan: (repository, reference, plan) => change('PUT', 'scan-plan', { repository, reference, ...plan }),
    planScans: (repository, plan) => change('PUT', 'scan-plan', { repository, ...plan }),
    traffic: async () => (await (await control('GET', 'traffic')).json()) as never,
    forgetTraffic: () => change('DELETE', 'traffic'),
  };
}

const isPlain = (body: string | Uint8Array<ArrayBuffer> | object | undefined): body is object =>
  typeof body === 'object' && !(body instanceof Uint8Array);

/** An Authorization header. */
export const basic = ({ username, password }: Account): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

/** Debian's docker-registry, as `script/sandbox up` has unpacked it. */
function registryProgram(): string {
  const folder = process.env.OBJDOCKER_SANDBOX_DIR ?? `${process.env.HOME}/.local/share/objdocker/sandbox`;
  return join(process.env.OBJDOCKER_SANDBOX_CACHE ?? join(folder, 'cache'), 'trees/tools/usr/bin/docker-registry');
}
