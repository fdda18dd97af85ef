import { Agent, request } from 'node:http';
import pMap from 'p-map';
import { openHarbor } from '../src/harbor/harbor.ts';
import { createHttpClient } from '../src/lib/http/client.ts';
import { Secret } from '../src/lib/secret.ts';
import { CLI } from '../test/harness/cli.ts';
import { createProject } from '../test/harness/project.ts';
import { compare, type MeasureOptions, measure, type Row, type Variant } from './measure.ts';
import { run } from './process.ts';
import { type BenchHarbor, startHarbor } from './sandbox.ts';

const COMMAND = [process.execPath, CLI, 'harbor-repos', '--scan', '--json'];
const LATENCY = '20ms';
const REPOSITORIES = 1_200;
const ARTIFACTS = 3;
const FINDINGS = 40;
const MOST_IN_FLIGHT = 8;

const NEWEST = 'objdocker harbor-repos --scan';
const ALL = 'the client, all artifacts';
const inARow = (name: string) => `the requests of ${name}, one after another`;
const ONE_BY_ONE = 'one request for each repository';

/** As a real Harbor 2.15.2: what the check of a user's password takes, and a request. */
const PASSWORD_COST_MS = 105;
const REQUEST_MS = 3;
const TEAM_REPOSITORIES = 105;
const AS_USER = 'as an administrator';
const AS_ROBOT = 'as a robot';

/** Claims: reading many repositories is faster than one request after another, and a user waits little longer than a robot. */
export async function benchHarbor(options: MeasureOptions): Promise<readonly Row[]> {
  return [...(await benchRepositories(options)), ...(await benchLogins(options))];
}

/** Claim: reading 1,200 repositories with scan overviews is faster than one request after another, with at most 8 in flight. */
async function benchRepositories({ rounds, signal, onRun }: MeasureOptions): Promise<readonly Row[]> {
  await using harbor = await startHarbor(LATENCY);
  const switches = createSwitches(harbor, signal);
  await switches.seed(REPOSITORIES);
  await using project = await createProject({ 'config.yaml': configOf(harbor), Dockerfile: 'FROM scratch\n' });
  const settings = { cwd: project.directory, env: { BENCH_HARBOR_PASSWORD: harbor.password }, signal };

  const most = new Map<string, number>();
  const watched = ({ name, run: doIt }: Pick<Variant, 'name' | 'run'>): Variant => ({
    name,
    prepare: () => switches.resetTraffic(),
    run: doIt,
    async check() {
      const { maxInFlight } = await switches.traffic();
      most.set(name, Math.max(most.get(name) ?? 0, maxInFlight));
      if (maxInFlight > MOST_IN_FLIGHT) throw new Error(`${name} had ${maxInFlight} requests in flight`);
    },
  });
  const ours = [
    watched({ name: NEWEST, run: async () => checkNewest(await run(COMMAND, settings), REPOSITORIES) }),
    watched({ name: ALL, run: () => listAll(harbor, signal) }),
  ];
  const peers: Variant[] = [];
  for (const variant of ours) {
    // The newest artifacts are compared with what older Harbors need.
    await switches.refuseProjectLists(variant.name === NEWEST);
    await variant.prepare?.();
    // Warm-up, which also records the requests.
    await variant.run();
    const paths = (await switches.traffic()).recent.flatMap(({ method, path, status }) =>
      method === 'GET' && status === 200 ? [path] : [],
    );
    await switches.refuseProjectLists(false);
    if (paths.length < REPOSITORIES) throw new Error(`${variant.name} sent only ${paths.length} requests`);
    peers.push({ name: inARow(variant.name), run: () => requestInARow(harbor, paths, signal) });
  }
  const timings = await measure([...ours, ...peers], { rounds, signal, ...(onRun === undefined ? {} : { onRun }) });
  return [NEWEST, ALL].map((name) => {
    const what = `${name}, ${REPOSITORIES} repositories, at most ${most.get(name)} in flight`;
    return compare(timings, {
      what,
      ours: name,
      peer: inARow(name),
      against: name === NEWEST ? `${ONE_BY_ONE}, in a row` : 'its requests one after another',
      target: 0.6,
    });
  });
}

/** Claim: a user's password, which Harbor checks slowly, is sent so seldom that it hardly matters. */
async function benchLogins({ rounds, signal, onRun }: MeasureOptions): Promise<readonly Row[]> {
  await using harbor = await startHarbor(`${REQUEST_MS}ms`);
  const switches = createSwitches(harbor, signal);
  await switches.seed(TEAM_REPOSITORIES);
  await switches.setPasswordCost(PASSWORD_COST_MS);
  const robot = await createRobot(harbor, signal);
  const rows: Row[] = [];
  for (const isTogether of [true, false]) {
    const variantOf = async (name: string, login: Pick<BenchHarbor, 'username' | 'password'>) => {
      const project = await createProject({
        'config.yaml': configOf({ ...harbor, ...login }),
        Dockerfile: 'FROM scratch\n',
      });
      const settings = { cwd: project.directory, env: { BENCH_HARBOR_PASSWORD: login.password }, signal };
      return {
        name,
        run: async () => checkNewest(await run(COMMAND, settings), TEAM_REPOSITORIES),
        [Symbol.asyncDispose]: () => project[Symbol.asyncDispose](),
      };
    };
    await using user = await variantOf(AS_USER, harbor);
    await using asRobot = await variantOf(AS_ROBOT, robot);
    await switches.refuseProjectLists(!isTogether);
    const timings = await measure([user, asRobot], { rounds, signal, ...(onRun === undefined ? {} : { onRun }) });
    await switches.refuseProjectLists(false);
    const how = isTogether ? '' : `, ${ONE_BY_ONE}`;
    const what = `${NEWEST}, ${TEAM_REPOSITORIES} repositories${how}, ${AS_USER}`;
    rows.push(compare(timings, { what, ours: AS_USER, peer: AS_ROBOT, target: 1.5 }));
  }
  return rows;
}

async function createRobot(
  { url, username, password }: BenchHarbor,
  signal: AbortSignal,
): Promise<{ readonly username: string; readonly password: string }> {
  const access = ['repository:list', 'artifact:list', 'artifact:read', 'scanner:read'].map((permission) => {
    const [resource, action] = permission.split(':');
    return { resource, action };
  });
  const permissions = [{ kind: 'project', namespace: 'load', access }];
  const response = await fetch(`${url}/api/v2.0/robots`, {
    method: 'POST',
    signal,
    headers: {
      Authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
      'Content-Type': 'application/json',
    },
    body: JSON.stringify({ name: 'bench', level: 'project', duration: -1, permissions }),
  });
  if (response.status !== 201) throw new Error(`no robot: ${response.status} ${await response.text()}`);
  const made = (await response.json()) as { readonly name: string; readonly secret: string };
  return { username: made.name, password: made.secret };
}

/** Lists all artifacts with the client, which limits the number of parallel requests itself. */
async function listAll({ url, username, password }: BenchHarbor, signal: AbortSignal): Promise<void> {
  const http = createHttpClient({ env: {} });
  try {
    const project = openHarbor({ url, http, login: { username, password: new Secret(password) } }).project('load');
    let scanned = 0;
    await pMap(
      project.listRepositories({ signal }),
      async ({ name }) => {
        for await (const { scanOverview } of project.repository(name).listArtifacts({ signal }))
          if (scanOverview?.total === FINDINGS) scanned++;
      },
      { concurrency: 16 },
    );
    if (scanned !== REPOSITORIES * ARTIFACTS) throw new Error(`${scanned} scan overviews were read`);
  } finally {
    await http.close();
  }
}

function checkNewest(printed: string, repositories: number): void {
  const { items } = JSON.parse(printed) as { items: { newest?: { scan?: { state: string } } }[] };
  const scanned = items.filter(({ newest }) => newest?.scan?.state === 'findings').length;
  if (scanned !== repositories) throw new Error(`${scanned} of ${repositories} repositories came with a scan`);
}

/** Sends the requests like a script: over one connection, ignoring the response bodies. */
async function requestInARow(harbor: BenchHarbor, paths: readonly string[], signal: AbortSignal): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const headers = {
    Authorization: `Basic ${Buffer.from(`${harbor.username}:${harbor.password}`).toString('base64')}`,
    Accept: 'application/json',
    'X-Accept-Vulnerabilities': 'application/vnd.security.vulnerability.report; version=1.1',
  };
  try {
    for (const path of paths) {
      await new Promise<void>((resolve, reject) => {
        request(new URL(path, harbor.url), { agent, headers, signal }, (response) => {
          if (response.statusCode !== 200) reject(new Error(`${path} returned ${response.statusCode}`));
          response.resume().on('end', resolve).on('error', reject);
        })
          .on('error', reject)
          .end();
      });
    }
  } finally {
    agent.destroy();
  }
}

interface Traffic {
  readonly maxInFlight: number;
  readonly recent: readonly { readonly method: string; readonly path: string; readonly status: number }[];
}

/** The switches of the sandbox's Harbor: see its README. */
function createSwitches({ url }: BenchHarbor, signal: AbortSignal) {
  const send = async (method: string, path: string, body?: object): Promise<Response> => {
    const response = await fetch(`${url}/_sandbox/${path}`, {
      method,
      signal,
      ...(body === undefined ? {} : { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response;
  };
  const options = { project: 'load', artifacts: ARTIFACTS, findings: FINDINGS };
  // As Harbor before 2.11 responds.
  const refusal = {
    count: 1_000_000,
    path: '/projects/load/artifacts\\?',
    kind: 'status',
    status: 404,
    headers: { 'Content-Type': 'application/json' },
    body: '{"errors":[{"code":"NOT_FOUND","message":"path /api/v2.0/projects/load/artifacts was not found"}]}',
  };
  return {
    seed: async (repositories: number) => void (await send('POST', 'seed', { ...options, repositories })),
    /** Whether the newest artifacts of all repositories cannot be listed together. */
    refuseProjectLists: async (isRefused: boolean) =>
      void (await send('PUT', 'failures', { failures: isRefused ? [refusal] : [] })),
    setPasswordCost: async (passwordCost: number) => void (await send('PUT', 'delays', { passwordCost })),
    resetTraffic: async () => void (await send('DELETE', 'traffic')),
    traffic: async () => (await (await send('GET', 'traffic')).json()) as Traffic,
  };
}

function configOf({ url, username }: BenchHarbor): string {
  const registry = {
    type: 'harbor',
    host: new URL(url).host,
    project: 'load',
    username,
    password: '${BENCH_HARBOR_PASSWORD}',
  };
  const image = { repository: 'shop', tag: '1', dockerfile: 'Dockerfile' };
  return JSON.stringify({ shop: { deployment: { registry, image } } });
}
