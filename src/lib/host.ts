import { isIP } from 'node:net';

/** Splits `host[:port]`. An IPv6 address keeps its brackets. */
export function splitPort(host: string): { readonly host: string; readonly port?: string } {
  const match = /^(\[[^\]]*\]|[^:[]*):(.*)$/s.exec(host);
  return match === null ? { host } : { host: match[1] ?? '', port: match[2] ?? '' };
}

/** Whether a `host[:port]`, an IPv6 address in brackets, is this machine: `localhost`, 127.0.0.0/8 or ::1. */
export function isLoopback(host: string): boolean {
  const name = splitPort(host).host.toLowerCase();
  return name === 'localhost' || (isIP(name) === 4 && name.startsWith('127.')) || /^\[(0*:)+0*1\]$/.test(name);
}
