import { ObjDockerError } from '../../errors.ts';
import { maskUserinfo } from '../../lib/text/url-credentials.ts';

/** Where an engine listens. */
export type EngineAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls: boolean }
  | {
      readonly kind: 'ssh';
      readonly host: string;
      readonly user?: string;
      readonly port?: number;
      /** The engine's socket on the remote machine, when it is not the default one. */
      readonly socket?: string;
    };

export const DEFAULT_SOCKET = '/var/run/docker.sock';

/**
 * Parses an engine address like the docker CLI: a bare `host:port` is tcp; the default port is 2376 with TLS and 2375 without.
 *
 * @param source where the text came from, for the error: `DOCKER_HOST`.
 * @throws {ObjDockerError} ENGINE_CONTEXT_INVALID
 */
export function parseEngineAddress(text: string, tls: boolean, source: string): EngineAddress {
  const written = text.trim();
  const [, scheme = 'tcp', rest = written] = /^([a-z]+):\/\/(.*)$/is.exec(written) ?? [];
  switch (scheme.toLowerCase()) {
    case 'unix':
      return { kind: 'unix', path: rest || DEFAULT_SOCKET };
    case 'tcp':
    case 'http':
      return parseTcp(written, rest, tls, source);
    case 'https':
      return parseTcp(written, rest, true, source);
    case 'ssh':
      return parseSsh(written, source);
    case 'npipe':
      throw invalid(written, source, 'named pipes exist on Windows only', 'Use unix://, tcp:// or ssh://.');
    case 'fd':
      throw invalid(
        written,
        source,
        'fd:// is for the engine itself, not for its clients',
        'Use unix://, tcp:// or ssh://.',
      );
    default:
      throw invalid(written, source, `unknown scheme "${scheme}"`, 'Use unix://, tcp://, http(s):// or ssh://.');
  }
}

function parseTcp(written: string, rest: string, tls: boolean, source: string): EngineAddress {
  const url = parseUrl(`http://${rest}`);
  if (url === undefined || url.hostname === '' || url.username !== '' || !['', '/'].includes(url.pathname)) {
    throw invalid(written, source, 'not host:port', 'Write tcp://HOST:PORT.');
  }
  const explicitPort = /:(\d+)\/?$/.exec(rest)?.[1];
  const port = explicitPort === undefined ? (tls ? 2376 : 2375) : Number(explicitPort);
  return { kind: 'tcp', host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port, tls };
}

function parseSsh(written: string, source: string): EngineAddress {
  const url = parseUrl(written);
  if (url === undefined || url.hostname === '') {
    throw invalid(written, source, 'no host name', 'Write ssh://[USER@]HOST[:PORT].');
  }
  if (url.password !== '') {
    throw invalid(
      'ssh://…',
      source,
      'it contains a password',
      'Use a key and ssh-agent: others can read a password in a URL.',
    );
  }
  // ssh would read such a host or user as an option.
  if (url.hostname.startsWith('-') || url.username.startsWith('-')) {
    throw invalid(written, source, 'a host or user name cannot start with "-"', 'Correct the address.');
  }
  const socket = decodeURIComponent(url.pathname);
  return {
    kind: 'ssh',
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    ...(url.username === '' ? {} : { user: decodeURIComponent(url.username) }),
    ...(url.port === '' ? {} : { port: Number(url.port) }),
    ...(socket === '' || socket === '/' ? {} : { socket }),
  };
}

function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

function invalid(written: string, source: string, reason: string, hint: string): ObjDockerError {
  // The address may contain a password, whatever else is wrong with it.
  const shown = maskUserinfo(written);
  return new ObjDockerError('ENGINE_CONTEXT_INVALID', `${source} is not an engine address: "${shown}": ${reason}`, {
    hint,
  });
}
