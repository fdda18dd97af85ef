import { describe, expect, it } from 'vitest';
import { readInstance, readState } from './read-instance.ts';

/** A container as Engine 26 and 20.10 list it, reduced to the fields that are read. */
const ROW = {
  Id: 'c54908d825731b7c71357634df285b4d65d50054e7f5b857981219ca8a71ae00',
  Names: ['/web'],
  Image: 'localhost/busybox:bookworm',
  ImageID: 'sha256:ef7675155d7624e85dcd00ffaa35164ce5542fced1dea264bcf6770af8213b35',
  Created: 1795434297,
  Ports: [
    { IP: '::', PrivatePort: 8099, PublicPort: 32768, Type: 'tcp' },
    { PrivatePort: 53, Type: 'udp' },
    { IP: '0.0.0.0', PrivatePort: 8099, PublicPort: 32768, Type: 'tcp' },
    { IP: '127.0.0.1', PrivatePort: 80, PublicPort: 32769, Type: 'tcp' },
    { PrivatePort: 53, Type: 'tcp' },
  ],
  Labels: { a: 'b' },
  State: 'running',
  Status: 'Up 2 seconds (healthy)',
};

describe('readInstance', () => {
  it('sorts ports by number, protocol, and IPv4 before IPv6', () => {
    expect(readInstance(ROW)).toEqual({
      id: ROW.Id,
      name: 'web',
      image: { reference: ROW.Image, id: ROW.ImageID },
      state: 'running',
      status: 'Up 2 seconds (healthy)',
      health: 'healthy',
      created: '2026-11-23T11:44:57.000Z',
      ports: [
        { port: 53, protocol: 'tcp' },
        { port: 53, protocol: 'udp' },
        { port: 80, protocol: 'tcp', published: { address: '127.0.0.1', port: 32769 } },
        { port: 8099, protocol: 'tcp', published: { address: '0.0.0.0', port: 32768 } },
        { port: 8099, protocol: 'tcp', published: { address: '::', port: 32768 } },
      ],
      labels: { a: 'b' },
    });
  });

  it.each([
    ['Up 5 minutes (health: starting)', 'starting'],
    ['Up 5 minutes (unhealthy)', 'unhealthy'],
    ['Up 5 minutes', undefined],
    ['Up (healthy) 5 minutes', undefined],
  ])('reads the health from "%s"', (Status, health) => {
    expect(readInstance({ ...ROW, Status })?.health).toBe(health);
  });

  it('has no health for a container that is not running', () => {
    expect(readInstance({ ...ROW, State: 'exited', Status: 'Exited (1) (unhealthy)' })).not.toHaveProperty('health');
  });

  it.each([
    [['/db/web', '/web', '/api/backend'], 'web'],
    [[], 'c54908d82573'],
    [null, 'c54908d82573'],
  ])("takes the container's own name from %j", (Names, name) => {
    expect(readInstance({ ...ROW, Names })?.name).toBe(name);
  });

  it('reads a row that has only an id', () => {
    expect(readInstance({ Id: 'abc' })).toEqual({
      id: 'abc',
      name: 'abc',
      image: { reference: '', id: '' },
      state: 'exited',
      status: '',
      created: '1970-01-01T00:00:00.000Z',
      ports: [],
      labels: {},
    });
  });

  it.each([null, 'text', 7, [], {}])('is undefined for %j, which is not a container', (row) => {
    expect(readInstance(row)).toBeUndefined();
  });
});

describe('readState', () => {
  it.each([
    ['paused', 'Up 3 hours (Paused)', 'paused'],
    ['stopping', 'Up 3 hours', 'running'],
    ['archived', 'Exited (0) 3 hours ago', 'exited'],
    [undefined, '', 'exited'],
  ])('of %s with status "%s" is %s', (state, status, expected) => {
    expect(readState(state, status)).toBe(expected);
  });
});
