import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Environment } from '../../lib/environment.ts';

/** The hint when nothing listens on the engine's socket: start the installed engine, or install one. */
export async function startHint(environment: Pick<Environment, 'env'>): Promise<string> {
  const runtimeSocket = environment.env.XDG_RUNTIME_DIR && join(environment.env.XDG_RUNTIME_DIR, 'docker.sock');
  if (runtimeSocket && (await exists(runtimeSocket))) {
    return `A rootless engine has its own socket: export DOCKER_HOST=unix://${runtimeSocket}`;
  }
  if (await onPath('dockerd', environment))
    return `An engine is installed but not running. Start it: ${await startCommand()}`;
  if (await onPath('podman', environment)) {
    return 'Podman is installed. Start its Docker API: systemctl --user start podman.socket. Builds need Docker Engine 20.10 or newer.';
  }
  return 'Install Docker Engine 20.10 or newer and start it, or point DOCKER_HOST (or --context, -H) at one.';
}

async function startCommand(): Promise<string> {
  if (await exists('/run/systemd/system')) return 'sudo systemctl start docker';
  if (await exists('/etc/init.d/docker')) return 'sudo service docker start';
  return 'sudo dockerd &';
}

async function onPath(program: string, { env }: Pick<Environment, 'env'>): Promise<boolean> {
  // dockerd is in sbin, which is often not on a user's PATH.
  const folders = [...(env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/usr/bin', '/usr/local/bin'];
  const found = await Promise.all(folders.filter(Boolean).map((folder) => exists(join(folder, program))));
  return found.includes(true);
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
