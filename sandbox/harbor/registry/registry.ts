import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Keys, TOKEN_ISSUER, TOKEN_SERVICE, type TokenAccess } from '../auth/keys.ts';

/**
 * The backing registry: Debian's docker-registry on a unix socket, started on first use.
 *
 * It accepts only tokens that this server signed.
 */
export class Registry {
  readonly agent = new Agent({ keepAlive: true, maxSockets: 64 });
  readonly socketPath: string;
  readonly #folder: string;
  readonly #program: string;
  readonly #keys: Keys;
  readonly #tokens = new Map<string, { token: string; until: number }>();
  #process: ChildProcess | undefined;
  #ready: Promise<void> | undefined;

  constructor(folder: string, program: string, socketPath: string, keys: Keys) {
    this.#folder = folder;
    this.#program = program;
    this.socketPath = socketPath;
    this.#keys = keys;
  }

  /** Starts the registry if needed, and waits until it listens. */
  ready(): Promise<void> {
    this.#ready ??= this.#start().catch((error: unknown) => {
      this.#ready = undefined;
      throw error;
    });
    return this.#ready;
  }

  async stop(): Promise<void> {
    this.agent.destroy();
    const running = this.#process;
    this.#process = undefined;
    this.#ready = undefined;
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
    const gone = new Promise((resolve) => running.once('exit', resolve));
    running.kill('SIGTERM');
    const killer = setTimeout(() => running.kill('SIGKILL'), 3000);
    await gone;
    clearTimeout(killer);
    rmSync(this.#pidFile, { force: true });
  }

  /** An Authorization header that grants access to repositories of the backing registry. */
  async authorization(access: readonly TokenAccess[]): Promise<string> {
    const wanted = JSON.stringify(access);
    const known = this.#tokens.get(wanted);
    if (known !== undefined && known.until > Date.now()) return `Bearer ${known.token}`;
    const token = await this.#keys.sign('harbor', access);
    if (this.#tokens.size > 2000) this.#tokens.clear();
    this.#tokens.set(wanted, { token, until: Date.now() + 600_000 });
    return `Bearer ${token}`;
  }

  /** The file with the bytes of a blob. */
  blobFile(digest: string): string {
    return join(this.blobFolder(digest), 'data');
  }

  blobFolder(digest: string): string {
    const [algorithm = '', hex = ''] = digest.split(':');
    return join(this.blobsFolder, algorithm, hex.slice(0, 2), hex);
  }

  get blobsFolder(): string {
    return join(this.#folder, 'data/docker/registry/v2/blobs');
  }

  /** Reads a small blob as JSON. @returns undefined when it does not exist or is not JSON */
  async readJson(digest: string): Promise<unknown> {
    try {
      return JSON.parse(await readFile(this.blobFile(digest), 'utf8'));
    } catch {
      return undefined;
    }
  }

  openBlob(digest: string) {
    return createReadStream(this.blobFile(digest));
  }

  async putBlob(repository: string, bytes: Buffer): Promise<void> {
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    const { location = '' } = await this.#send(repository, 'POST', `/v2/${repository}/blobs/uploads/`);
    const { pathname, searchParams } = new URL(location, 'http://localhost');
    searchParams.set('digest', digest);
    await this.#send(repository, 'PUT', `${pathname}?${searchParams}`, 'application/octet-stream', bytes);
  }

  async putManifest(repository: string, digest: string, mediaType: string, bytes: Buffer): Promise<void> {
    await this.#send(repository, 'PUT', `/v2/${repository}/manifests/${digest}`, mediaType, bytes);
  }

  /** Deletes a manifest. Gc removes its bytes later. */
  async deleteManifest(repository: string, digest: string): Promise<void> {
    await this.#send(repository, 'DELETE', `/v2/${repository}/manifests/${digest}`);
  }

  /** @returns the headers of the response @throws when the registry rejects a write */
  async #send(
    repository: string,
    method: 'POST' | 'PUT' | 'DELETE',
    path: string,
    contentType = 'application/octet-stream',
    body: Buffer = Buffer.alloc(0),
  ): Promise<IncomingHttpHeaders> {
    await this.ready();
    const actions = ['delete', 'pull', 'push'];
    const authorization = await this.authorization([{ type: 'repository', name: repository, actions }]);
    const headers = { authorization, 'Content-Type': contentType, 'Content-Length': body.length };
    return await new Promise((resolve, reject) => {
      request({ socketPath: this.socketPath, agent: this.agent, method, path, headers }, (response) => {
        response.resume();
        response.on('end', () => {
          const { statusCode = 0, headers: received } = response;
          if (method === 'DELETE' || statusCode < 300) resolve(received);
          else reject(new Error(`${method} ${path} failed: ${statusCode}`));
        });
      })
        .on('error', reject)
        .end(body);
    });
  }

  get #pidFile(): string {
    return join(this.#folder, 'registry.pid');
  }

  async #start(): Promise<void> {
    await this.#keys.ready();
    if (!existsSync(this.#program))
      throw new Error(`docker-registry not found at ${this.#program}: run script/sandbox up`);
    mkdirSync(join(this.#folder, 'data'), { recursive: true });
    this.#endOrphan();
    rmSync(this.socketPath, { force: true });
    const config = join(this.#folder, 'registry.yml');
    writeFileSync(config, this.#config(), { mode: 0o600 });
    const log = openSync(join(this.#folder, 'registry.log'), 'a', 0o600);
    const child = spawn(this.#program, ['serve', config], {
      env: { PATH: process.env.PATH, HOME: this.#folder, OTEL_TRACES_EXPORTER: 'none' },
      stdio: ['ignore', log, log],
    });
    this.#process = child;
    child.on('error', () => {});
    // The next request for an image restarts it.
    child.on('exit', () => {
      if (this.#process === child) this.#ready = undefined;
    });
    writeFileSync(this.#pidFile, String(child.pid));
    // The socket file exists shortly before the registry listens on it.
    for (let waited = 0; !(await isListening(this.socketPath)); waited += 20) {
      if (child.exitCode !== null || waited > 15_000) {
        throw new Error(`the backing registry did not start: see ${join(this.#folder, 'registry.log')}`);
      }
      await sleep(20);
    }
  }

  /** Ends the registry of a server that was killed. */
  #endOrphan(): void {
    try {
      const pid = Number(readFileSync(this.#pidFile, 'utf8'));
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      if (pid > 1 && command.includes(join(this.#folder, 'registry.yml'))) process.kill(pid, 'SIGKILL');
    } catch {
      // There is no such process.
    }
  }

  #config(): string {
    return [
      'version: 0.1',
      'log: { level: warn, accesslog: { disabled: true } }',
      'storage:',
      `  filesystem: { rootdirectory: ${JSON.stringify(join(this.#folder, 'data'))} }`,
      '  delete: { enabled: true }',
      `http: { net: unix, addr: ${JSON.stringify(this.socketPath)}, secret: ${randomBytes(16).toString('hex')} }`,
      'auth:',
      '  token:',
      '    realm: http://localhost/service/token',
      `    service: ${TOKEN_SERVICE}`,
      `    issuer: ${TOKEN_ISSUER}`,
      `    rootcertbundle: ${JSON.stringify(this.#keys.certificateFile)}`,
      '',
    ].join('\n');
  }
}

function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
