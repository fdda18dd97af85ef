import { connect as connectTcp, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls, createSecureContext } from 'node:tls';
import { CommandStream } from '../../lib/process/command-stream.ts';
import type { EnvironmentVariables } from '../../lib/process/exec.ts';
import type { EngineAddress } from './address.ts';
import type { EngineEndpoint } from './endpoint.ts';

/** Opens a connection to the engine. A failure is an `error` event of the stream. */
export type Dial = () => Duplex;

/** Makes the function that connects to an endpoint. Opens nothing yet. */
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
      // The context is opaque: the private key is in no object that could be printed.
      const secureContext = createSecureContext({ ca: tls.ca, cert: tls.cert, key: tls.key?.reveal() });
      const servername = isIP(host) === 0 ? { servername: host } : {};
      return () => connectTls({ host, port, ...servername, secureContext, rejectUnauthorized: tls.verify });
    }
  }
}

/** The ssh arguments of the docker CLI. The remote `docker system dial-stdio` connects its standard streams to its engine. */
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

// ssh passes its command to a shell on the remote machine.
function shellQuote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
