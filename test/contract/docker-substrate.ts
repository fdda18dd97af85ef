import { systemEnvironment } from '../../src/lib/environment.ts';
import { ObjDocker } from '../../src/obj-docker/obj-docker.ts';
import type { InstanceSpec, SubstrateUnderTest } from '../../src/testing/substrate-contract.ts';
import { makeContainer, type TestContainer } from '../harness/containers.ts';
import { docker } from '../harness/sandbox.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** ObjDocker on an engine that has the busybox image. The docker client creates its instances. */
export function createDockerSubstrate(env: Environment = {}): SubstrateUnderTest {
  const substrate = new ObjDocker({ environment: hostWith({ ...process.env, ...env }) });
  const made: TestContainer[] = [];
  return {
    substrate,
    unreachable: new ObjDocker({
      environment: hostWith({ ...process.env, DOCKER_HOST: 'unix:///nonexistent/docker.sock' }),
    }),
    async createInstance(spec) {
      const { name, command } = spec;
      const container = await makeContainer({ name, command, options: optionsOf(spec), start: spec.started, env });
      made.push(container);
      return { id: container.id, name };
    },
    async pauseInstance(id) {
      await docker(['pause', id], env);
    },
    async [Symbol.asyncDispose]() {
      substrate.close();
      await Promise.all(made.map((container) => container[Symbol.asyncDispose]()));
    },
  };
}

function optionsOf({ labels, restart, healthCheck, discardLogs }: InstanceSpec): string[] {
  return [
    ...Object.entries(labels).flatMap(([key, value]) => ['--label', `${key}=${value}`]),
    ...(restart ? ['--restart', 'always'] : []),
    ...(healthCheck === undefined
      ? []
      : ['--health-cmd', healthCheck, '--health-interval', '1s', '--health-retries', '1']),
    ...(discardLogs ? ['--log-driver', 'none'] : []),
  ];
}

function hostWith(env: Environment) {
  return { ...systemEnvironment(), env };
}
