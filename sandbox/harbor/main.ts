import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseHarborVersion } from './api/version.ts';
import type { Credentials } from './seed.ts';
import { startHarbor } from './server.ts';
import type { Timings } from './store/harbor.ts';

/** Parses `300`, `300ms`, `2s` or `1m` into milliseconds. */
function milliseconds(text: string, option: string): number {
  const [, number, unit = 'ms'] = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text) ?? [];
  if (number === undefined) throw new Error(`invalid --${option} '${text}': expected a duration such as 300ms or 2s`);
  return Number(number) * { ms: 1, s: 1000, m: 60_000 }[unit as 'ms' | 's' | 'm'];
}

/** Reads the passwords from `file`, which is created at the first start. OBJDOCKER_SANDBOX_PASSWORD sets the administrator's. */
function readCredentials(file: string): Credentials {
  if (!existsSync(file)) {
    const password = () => `Sb9${randomBytes(18).toString('base64url')}`;
    const admin = process.env.OBJDOCKER_SANDBOX_PASSWORD || password();
    writeFileSync(file, `admin=${admin}\ndev=${password()}\nrobot=${password()}\n`, { mode: 0o600 });
  }
  const lines = readFileSync(file, 'utf8').split('\n');
  const value = (name: string) =>
    lines.find((line) => line.startsWith(`${name}=`))?.slice(name.length + 1) ?? randomBytes(18).toString('base64url');
  return { admin: value('admin'), dev: value('dev'), robot: value('robot') };
}

const { values } = parseArgs({
  options: {
    folder: { type: 'string' },
    registry: { type: 'string' },
    socket: { type: 'string' },
    port: { type: 'string', default: '0' },
    'harbor-version': { type: 'string', default: '2.15' },
    latency: { type: 'string', default: '0' },
    'scan-time': { type: 'string', default: '2s' },
    'gc-time': { type: 'string', default: '1s' },
    'gc-lag': { type: 'string', default: '1s' },
    'gc-window': { type: 'string', default: '2' },
    'password-cost': { type: 'string', default: '0' },
    'health-lag': { type: 'string', default: '0' },
    tls: { type: 'boolean', default: false },
    durable: { type: 'boolean', default: false },
  },
});
const { folder, registry } = values;
if (folder === undefined || registry === undefined)
  throw new Error('missing option: --folder and --registry are required');
const timings: Partial<Timings> = {
  latency: milliseconds(values.latency, 'latency'),
  scanTime: milliseconds(values['scan-time'], 'scan-time'),
  gcTime: milliseconds(values['gc-time'], 'gc-time'),
  gcLag: milliseconds(values['gc-lag'], 'gc-lag'),
  gcWindow: Number(values['gc-window']),
  passwordCost: milliseconds(values['password-cost'], 'password-cost'),
  healthLag: milliseconds(values['health-lag'], 'health-lag'),
};
const read = (path: string) => readFileSync(join(folder, path), 'utf8');
mkdirSync(folder, { recursive: true, mode: 0o700 });
const harbor = await startHarbor({
  folder,
  registryProgram: registry,
  registrySocket: values.socket,
  credentials: readCredentials(join(folder, 'credentials')),
  version: parseHarborVersion(values['harbor-version']),
  port: Number(values.port),
  timings,
  durable: values.durable,
  ...(values.tls ? { tls: { cert: read('tls/server-cert.pem'), key: read('tls/server-key.pem') } } : {}),
});
process.stdout.write(`listening on ${harbor.url}\n`);
let stopping = false;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (stopping) return;
    stopping = true;
    void harbor.stop().then(() => process.exit(0));
  });
}
await harbor.warmUp();
