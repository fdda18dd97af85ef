import { type ChildProcessByStdio, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { ROOT } from '../harness/cli.ts';

const run = promisify(execFile);

/** The path of a program of `script/peers`. Undefined when it was not built: prints that, because a test is skipped then. */
export function peerProgram(name: 'buildkitd' | 'buildx' | 'frontend'): string | undefined {
  try {
    return execFileSync(`${ROOT}/script/peers`, ['path', name], { encoding: 'utf8' }).trim();
  } catch {
    console.warn(`skipped what needs ${name}: script/peers build ${name}`);
    return undefined;
  }
}

export interface BuildkitPeer extends AsyncDisposable {
  /** The name of its builder. */
  readonly builder: string;
  /** The variables that point docker at its builder, with the newer buildx. */
  readonly env: Record<string, string | undefined>;
}

/** A BuildKit without an engine, on its own socket, with a builder of the newer buildx. */
export async function startBuildkit({
  buildkitd,
  buildx,
}: {
  buildkitd: string;
  buildx: string;
}): Promise<BuildkitPeer> {
  const folder = await mkdtemp(join(tmpdir(), 'objdocker-buildkit-'));
  const address = `unix://${folder}/buildkitd.sock`;
  const { stdout: runc } = await run(`${ROOT}/script/sandbox`, ['runc']);
  const server = spawn(buildkitd, ['--root', join(folder, 'root'), '--addr', address, '--containerd-worker=false'], {
    env: { ...process.env, PATH: `${process.env.PATH}${delimiter}${dirname(runc.trim())}` },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(server, 'exit');
  await untilItRuns(server);

  const env = { ...process.env, DOCKER_CONFIG: join(folder, 'docker') };
  await mkdir(join(env.DOCKER_CONFIG, 'cli-plugins'), { recursive: true });
  await cp(buildx, join(env.DOCKER_CONFIG, 'cli-plugins', 'docker-buildx'));
  await run('docker', ['buildx', 'create', '--name', 'peer', '--driver', 'remote', address], { env });
  return {
    builder: 'peer',
    env,
    async [Symbol.asyncDispose]() {
      server.kill();
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function untilItRuns(server: ChildProcessByStdio<null, null, Readable>): Promise<void> {
  const said: string[] = [];
  // Goes on reading, so that the server never waits for a full pipe.
  const lines = createInterface({ input: server.stderr });
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => {
      said.push(line);
      if (line.includes('running server on')) resolve();
    });
    server.once('exit', () => reject(new Error(`buildkitd does not run:\n${said.slice(-5).join('\n')}`)));
  });
}
