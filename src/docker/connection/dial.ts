import { connect as connectTcp, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls, createSecureContext } from 'node:tls';
import { CommandStream } from '../../lib/process/command-stream.ts';
import type { EnvironmentVariables } from '../../lib/process/exec.ts';
import type { EngineEndpoint } from './endpoint.ts';
import type { EngineAddress } from './engine-address.ts';

/** Opens one more connection to the engine. Failures come as the stream's `error` event. */
export type Dial = () => Duplex;

/** How to connect to an endpoint, whatever its scheme. Opens nothing yet. */
export function createDial(endpoint: EngineEndpoint, env: EnvironmentVariables): Dial {
  const { address, tls } = endpoint;
  switch (address.kind) {
    case 'unix':
      return () => connectTcp({ path: address.path });
    case 'ssh':
      return () => new CommandStream('ssh', sshArguments(address), env);
    case 'tcp': {
      const { host, port } = address;
      if (tls === undefined) return () => connectTcp({ host, port });
      // Made once, and opaque: the key is in no object that something could print.
      const secureContext = createSecureContext({ ca: tls.ca, cert: tls.cert, key: tls.key?.reveal() });
      const servername = isIP(host) === 0 ? { servername: host } : {};
      return () => connectTls({ host, port, ...servername, secureContext, rejectUnauthorized: tls.verify });
    }
  }
}

/** The docker CLI's own ssh command line: the far end's docker connects standard input and output to its engine. */
export function sshArguments(address: Extract<EngineAddress, { kind: 'ssh' }>): string[] {
  const engine = address.socket === undefined ? '' : ` --host=${shellQuote(`unix://${address.socket}`)}`;
  return [
    ...['-o', 'ConnectTimeout=30', '-T'],
    ...(address.user === undefined ? [] : ['-l', address.user]),
    ...(address.port === undefined ? [] : ['-p', String(address.port)]),
    '--',
    address.host,
    `docker${engine} system dial-stdio`,
  ];
}

// ssh hands its command to a shell on the other machine.
function shellQuote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
