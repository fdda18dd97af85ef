import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ObjDockerError } from '../../errors.ts';
import type { Environment } from '../../lib/environment.ts';
import { asText } from '../../lib/json.ts';
import { Secret } from '../../lib/secret.ts';
import { type DockerConfig, readDockerConfig } from '../credentials/docker-config.ts';
import { DEFAULT_SOCKET, type EngineAddress, parseEngineAddress } from './address.ts';
import { readContext } from './context-store.ts';

/** The engine to use, and where its address came from. */
export interface EngineEndpoint {
  /** Where the address came from, for messages: `--context prod`, `DOCKER_HOST`, `the default socket`. */
  readonly source: string;
  /** As docker writes it: `unix:///var/run/docker.sock`, `tcp://10.0.0.5:2376`, `ssh://user@host`. */
  readonly url: string;
  readonly address: EngineAddress;
  /** The docker context that it came from. */
  readonly contextName?: string;
  /** Set when the connection uses TLS. */
  readonly tls?: EngineTls;
}

export interface EngineTls {
  /** False accepts any certificate of the engine. */
  readonly verify: boolean;
  /** PEM texts. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: Secret;
  /** The directory of the files, for messages and for the docker CLI. */
  readonly directory: string;
}

export interface DiscoverEngineOptions {
  readonly environment: Pick<Environment, 'env' | 'home'>;
  /** The value of `--context`. */
  readonly context?: string | undefined;
  /** The value of `-H`. */
  readonly hostFlag?: string | undefined;
}

type Discovery = DiscoverEngineOptions & { readonly config: DockerConfig };

/** One place where an engine may be set; resolves to undefined when it is not set there. */
type EndpointSource = (inquiry: Discovery) => Promise<EngineEndpoint | undefined>;

// The docker CLI's own order (cli/command: resolveContextName and resolveDefaultDockerEndpoint).
const ENDPOINT_SOURCES: readonly EndpointSource[] = [
  (inquiry) => fromContext(inquiry.context, `--context ${inquiry.context}`, inquiry),
  (inquiry) => fromHost(inquiry.hostFlag, '-H', inquiry),
  (inquiry) => fromHost(inquiry.environment.env.DOCKER_HOST, 'DOCKER_HOST', inquiry),
  (inquiry) => fromContext(inquiry.environment.env.DOCKER_CONTEXT, 'DOCKER_CONTEXT', inquiry),
  (inquiry) =>
    fromContext(asText(inquiry.config.values.currentContext), `currentContext of ${inquiry.config.file}`, inquiry),
  (inquiry) => fromHost(`unix://${DEFAULT_SOCKET}`, 'the default socket', inquiry),
];

/**
 * Finds the engine that the docker CLI would use: `--context`, `-H`, DOCKER_HOST, DOCKER_CONTEXT, the current context,
 * the default socket. Reads files only; sends no requests.
 *
 * @throws {ObjDockerError} USAGE when both flags are set; ENGINE_CONTEXT_INVALID for a bad context or address; ENGINE_TLS when
 * a certificate is missing or cannot be read.
 */
export async function discoverEngine(options: DiscoverEngineOptions): Promise<EngineEndpoint> {
  if (options.context && options.hostFlag) {
    throw new ObjDockerError('USAGE', '--context and -H cannot be used together', { hint: 'Use one of them.' });
  }
  const inquiry = { ...options, config: await readDockerConfig(options.environment) };
  return firstEndpoint(ENDPOINT_SOURCES, inquiry);
}

async function firstEndpoint(strategies: readonly EndpointSource[], inquiry: Discovery): Promise<EngineEndpoint> {
  for (const strategy of strategies) {
    const endpoint = await strategy(inquiry);
    if (endpoint !== undefined) return endpoint;
  }
  throw new ObjDockerError('INTERNAL', 'no source sets an engine');
}

async function fromHost(
  text: string | undefined,
  source: string,
  { environment, config }: Discovery,
): Promise<EngineEndpoint | undefined> {
  if (text === undefined || text.trim() === '') return undefined;
  const tls = wantsTls(environment.env);
  const address = parseEngineAddress(text, tls, source);
  const endpoint = { source, url: formatEngineAddress(address), address };
  if (address.kind !== 'tcp' || !address.tls) return endpoint;
  const directory = environment.env.DOCKER_CERT_PATH || config.directory;
  const verify = Boolean(environment.env.DOCKER_TLS_VERIFY) || !environment.env.DOCKER_TLS;
  const material = await readTls(directory);
  if (verify && material.ca === undefined && environment.env.DOCKER_TLS_VERIFY) {
    throw new ObjDockerError(
      'ENGINE_TLS',
      `DOCKER_TLS_VERIFY is set, but ${join(directory, 'ca.pem')} does not exist`,
      {
        hint: 'Set DOCKER_CERT_PATH to the directory with ca.pem, cert.pem and key.pem.',
      },
    );
  }
  return { ...endpoint, tls: { verify, directory, ...material } };
}

async function fromContext(
  name: string | undefined,
  source: string,
  inquiry: Discovery,
): Promise<EngineEndpoint | undefined> {
  if (name === undefined || name === '') return undefined;
  // The context "default" has no file: it means DOCKER_HOST, then the default socket.
  if (name === 'default') {
    const { environment } = inquiry;
    const endpoint =
      (await fromHost(environment.env.DOCKER_HOST, 'DOCKER_HOST', inquiry)) ??
      (await fromHost(`unix://${DEFAULT_SOCKET}`, source, inquiry));
    return endpoint && { ...endpoint, contextName: name };
  }
  const context = await readContext(inquiry.config.directory, name, source);
  const material = await readTls(context.tlsDirectory);
  const wantsTls = Object.keys(material).length > 0 || context.skipTlsVerify;
  const address = parseEngineAddress(context.host, wantsTls, `the docker context "${name}"`);
  return {
    source,
    url: formatEngineAddress(address),
    address,
    contextName: name,
    ...(address.kind === 'tcp' && address.tls
      ? { tls: { verify: !context.skipTlsVerify, directory: context.tlsDirectory, ...material } }
      : {}),
  };
}

/** Like the docker CLI: any value of DOCKER_TLS_VERIFY or DOCKER_TLS except the empty one turns TLS on. */
function wantsTls(env: Environment['env']): boolean {
  return Boolean(env.DOCKER_TLS_VERIFY) || Boolean(env.DOCKER_TLS);
}

async function readTls(directory: string): Promise<Pick<EngineTls, 'ca' | 'cert' | 'key'>> {
  const [ca, cert, key] = await Promise.all(
    ['ca.pem', 'cert.pem', 'key.pem'].map((name) => readOptional(join(directory, name))),
  );
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key: new Secret(key) }),
  };
}

async function readOptional(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return undefined;
    throw new ObjDockerError('ENGINE_TLS', `cannot read ${file}`, {
      hint: 'Make the TLS files of the engine readable by you.',
      cause: error,
    });
  }
}

/** Formats an address as docker writes it in DOCKER_HOST. */
function formatEngineAddress(address: EngineAddress): string {
  switch (address.kind) {
    case 'unix':
      return `unix://${address.path}`;
    case 'tcp':
      return `tcp://${bracketed(address.host)}:${address.port}`;
    case 'ssh': {
      const user = address.user === undefined ? '' : `${encodeURIComponent(address.user)}@`;
      const port = address.port === undefined ? '' : `:${address.port}`;
      return `ssh://${user}${bracketed(address.host)}${port}${address.socket ?? ''}`;
    }
  }
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
