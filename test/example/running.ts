import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { docker } from '../harness/sandbox.ts';
import { TEST_LABEL } from './build-example.ts';
import { SERVICES } from './services.ts';

/** The six services in containers on their own network, each published on a loopback port. */
export interface RunningServices extends AsyncDisposable {
  readonly container: (service: string) => string;
  /** `127.0.0.1:PORT` */
  readonly address: (service: string) => string;
  /** Waits until the health check is no longer `starting`, and returns its state. */
  readonly health: (service: string) => Promise<string>;
}

export async function startServices(image: (target: string) => string): Promise<RunningServices> {
  const run = `objdocker-test-${randomBytes(4).toString('hex')}`;
  const containers = new Map<string, string>();
  const addresses = new Map<string, string>();
  const dispose = async () => {
    if (containers.size > 0) await docker(['rm', '--force', '--volumes', ...containers.values()]);
    await docker(['network', 'rm', run]);
  };
  await docker(['network', 'create', '--label', TEST_LABEL, run]);
  try {
    for (const { name, target } of SERVICES) {
      const variables = Object.entries(ENVIRONMENT[name] ?? {}).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
      const network = ['--network', run, '--network-alias', target, '--publish', '127.0.0.1::8080'];
      const options = ['--detach', '--name', `${run}-${name}`, '--label', TEST_LABEL, ...network, ...variables];
      containers.set(name, await docker(['run', ...options, image(target)]));
      addresses.set(name, await docker(['port', `${run}-${name}`, '8080/tcp']));
    }
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    container: (service) => containers.get(service) ?? '',
    address: (service) => addresses.get(service) ?? '',
    health: (service) => health(containers.get(service) ?? ''),
    [Symbol.asyncDispose]: dispose,
  };
}

const ENVIRONMENT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  gateway: { MERIDIAN_API_URL: 'http://meridian-api:8080', MERIDIAN_WORKER_URL: 'http://meridian-worker:8080' },
  exporter: { MERIDIAN_TARGETS: 'api=http://meridian-api:8080,worker=http://meridian-worker:8080' },
};

async function health(container: string): Promise<string> {
  const deadline = performance.now() + 120_000;
  for (;;) {
    const status = await docker(['inspect', '--format', '{{.State.Health.Status}}', container]);
    if (status !== 'starting' || performance.now() > deadline) return status;
    await sleep(200);
  }
}
