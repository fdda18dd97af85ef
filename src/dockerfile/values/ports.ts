import { show, ValueError } from '../problem.ts';

const PROTOCOLS = ['', 'tcp', 'udp', 'sctp'];
const HINT = 'Write a port as in EXPOSE 8080, EXPOSE 53/udp or EXPOSE 8000-8010.';

/**
 * Checks a port of EXPOSE: `[address:][host port:]port[-port][/protocol]`.
 *
 * @returns the protocol as written, and whether an address or a port of the host is given
 * @throws {ValueError}
 */
export function checkPort(text: string): { protocol: string; hasHost: boolean } {
  const parts = text.split(':');
  const container = parts.at(-1) ?? '';
  const host = parts.at(-2) ?? '';
  const address = parts.slice(0, -2).join(':');
  const slash = container.indexOf('/');
  const ports = slash < 0 ? container : container.slice(0, slash);
  const protocol = slash < 0 ? '' : container.slice(slash + 1);
  if (!PROTOCOLS.includes(protocol.toLowerCase())) throw wrong(text, `the protocol ${show(protocol)} is not known`);
  checkAddress(text, address);
  const range = readRange(text, ports);
  const result = { protocol, hasHost: address !== '' || host !== '' };
  if (host === '') return result;
  const hostRange = readRange(text, host);
  if (range > 0 && range !== hostRange) throw wrong(text, 'the two ranges differ in length');
  return result;
}

function checkAddress(text: string, address: string): void {
  const bare = address.startsWith('[') ? /^\[([^[\]]*)\]$/.exec(address)?.[1] : address;
  if (bare === undefined || (bare !== '' && !isAddress(bare))) throw wrong(text, 'the address is not an IP address');
}

// Go takes no zone (fe80::1%eth0), which isIP of node:net does. That module also takes longer to load than all of this.
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const IPV6_CHARACTERS = /^[\da-f.]*:[\da-f.:]*$/i;

function isAddress(text: string): boolean {
  return IPV4.test(text) || (IPV6_CHARACTERS.test(text) && URL.canParse(`http://[${text}]/`));
}

/** How many ports lie behind the first one. */
function readRange(text: string, ports: string): number {
  const dash = ports.indexOf('-');
  const first = dash < 0 ? ports : ports.slice(0, dash);
  const last = dash < 0 ? first : ports.slice(dash + 1);
  const from = readPort(text, first);
  const to = first === last ? from : readPort(text, last);
  if (to < from) throw wrong(text, 'the range ends before it begins');
  return to - from;
}

function readPort(text: string, port: string): number {
  const number = Number(port);
  // Go takes a sign here: +80 is a port, and so is -0.
  if (!/^[+-]?[0-9]+$/.test(port) || number < 0 || number > 65_535) throw wrong(text, 'a port is a number up to 65535');
  return number;
}

function wrong(text: string, reason: string): ValueError {
  return new ValueError(`${show(text)} is not a port: ${reason}`, HINT);
}
