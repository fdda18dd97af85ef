import { expect, it } from 'vitest';
import type { InstancePort } from '../../model/instance.ts';
import { formatPorts, formatPortsShort } from './ports.ts';

const port = (inside: number, address?: string, outside = inside, protocol = 'tcp'): InstancePort => ({
  port: inside,
  protocol,
  ...(address === undefined ? {} : { published: { address, port: outside } }),
});

it.each<[string, InstancePort[], string[], string[]]>([
  ['nothing', [], [], []],
  ['a port on loopback', [port(80, '127.0.0.1', 8080)], ['127.0.0.1:8080->80/tcp'], ['127.0.0.1:8080->80']],
  ['a port that is not published', [port(443)], ['443/tcp'], []],
  [
    'IPv4 and IPv6 of all addresses',
    [port(80, '0.0.0.0', 8080), port(80, '::', 8080)],
    ['*:8080->80/tcp'],
    ['8080->80'],
  ],
  [
    'IPv4 and IPv6 of loopback',
    [port(80, '::1'), port(80, '127.0.0.1')],
    ['127.0.0.1,[::1]:80->80/tcp'],
    ['127.0.0.1,[::1]:80->80'],
  ],
  [
    'different numbers',
    [port(80, '0.0.0.0', 1), port(80, '::', 2)],
    ['0.0.0.0:1->80/tcp', '[::]:2->80/tcp'],
    ['1->80', '2->80'],
  ],
  ['the same address twice', [port(80, '0.0.0.0'), port(80, '0.0.0.0')], ['0.0.0.0:80->80/tcp'], ['80->80']],
  ['another protocol', [port(53, '0.0.0.0', 53, 'udp'), port(53)], ['53/tcp', '0.0.0.0:53->53/udp'], ['53->53/udp']],
  [
    'ranges',
    [
      port(8002),
      port(8001),
      port(8000),
      port(9001, '0.0.0.0', 7001),
      port(9000, '0.0.0.0', 7000),
      port(9002, '::', 7002),
    ],
    ['0.0.0.0:7000-7001->9000-9001/tcp', '[::]:7002->9002/tcp', '8000-8002/tcp'],
    ['7000-7001->9000-9001', '7002->9002'],
  ],
])('formats %s', (_what, ports, long, short) => {
  expect(formatPorts(ports)).toEqual(long);
  expect(formatPortsShort(ports)).toEqual(short);
});
