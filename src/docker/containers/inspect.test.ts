import { describe, expect, it } from 'vitest';
import type { InstanceState } from '../../model/enums.ts';
import type { Instance } from '../../model/instance.ts';
import { readDetail, readTime } from './inspect.ts';

const ID = 'c54908d825731b7c71357634df285b4d65d50054e7f5b857981219ca8a71ae00';
const IMAGE = 'sha256:ef7675155d7624e85dcd00ffaa35164ce5542fced1dea264bcf6770af8213b35';

const ROW: Instance = {
  id: ID,
  name: 'web',
  image: { reference: 'localhost/busybox:bookworm', id: IMAGE },
  state: 'running',
  status: 'Up 2 seconds (healthy)',
  created: '2026-11-23T11:44:57.000Z',
  ports: [],
  labels: {},
};

const STATE = {
  Status: 'running',
  OOMKilled: false,
  ExitCode: 0,
  Error: '',
  StartedAt: '2026-11-23T11:44:57.891720811Z',
  FinishedAt: '0001-01-01T00:00:00Z',
};

/** The response of Engine 26 and 20.10, reduced to the fields that are read. */
const INSPECTED = {
  Id: ID,
  Created: '2026-11-23T11:44:57.577943744Z',
  Path: 'sleep',
  Args: ['600'],
  State: STATE,
  Image: IMAGE,
  RestartCount: 0,
  HostConfig: { Tmpfs: { '/scratch': 'size=1m,ro' } },
  Mounts: [
    { Type: 'volume', Name: 'lifevol', Source: '/var/lib/docker/volumes/lifevol/_data', Destination: '/v', RW: false },
    { Type: 'tmpfs', Source: '', Destination: '/t2', RW: true },
    { Type: 'bind', Source: '/tmp', Destination: '/host', RW: true },
  ],
  Config: { Labels: { a: 'b' } },
  NetworkSettings: {
    Networks: {
      front: { IPAddress: '10.202.0.4', GlobalIPv6Address: 'fd00::4' },
      back: { IPAddress: '', GlobalIPv6Address: '' },
    },
  },
};

function detailOf(state: InstanceState, changes: object = {}) {
  const inspected = { ...INSPECTED, State: { ...STATE, Status: state, ...changes } };
  return readDetail({ id: ID, name: 'web', state, inspected }, ROW, ['localhost/busybox:bookworm']);
}

describe('readDetail', () => {
  it('sorts mounts and networks, and has the name of a volume', () => {
    expect(detailOf('running')).toEqual({
      ...ROW,
      image: { ...ROW.image, tags: ['localhost/busybox:bookworm'] },
      created: '2026-11-23T11:44:57.577Z',
      labels: { a: 'b' },
      command: ['sleep', '600'],
      started: '2026-11-23T11:44:57.891Z',
      outOfMemory: false,
      restartCount: 0,
      mounts: [
        { type: 'bind', source: '/tmp', target: '/host', readOnly: false },
        { type: 'tmpfs', target: '/scratch', readOnly: true },
        { type: 'tmpfs', target: '/t2', readOnly: false },
        { type: 'volume', source: 'lifevol', target: '/v', readOnly: true },
      ],
      networks: [{ name: 'back' }, { name: 'front', ipv4: '10.202.0.4', ipv6: 'fd00::4' }],
    });
  });

  it.each(['exited', 'restarting', 'dead'] as const)('has the exit code of a container in state %s', (state) => {
    const detail = detailOf(state, { ExitCode: 3, FinishedAt: '2026-11-23T12:45:00.5+01:00' });
    expect(detail).toMatchObject({ exitCode: 3, finished: '2026-11-23T11:45:00.500Z' });
  });

  it('has the end of the last run, but no exit code, for a container that is running again', () => {
    const detail = detailOf('running', { FinishedAt: '2026-11-23T11:40:00Z' });
    expect(detail).not.toHaveProperty('exitCode');
    expect(detail.finished).toBe('2026-11-23T11:40:00.000Z');
  });

  it('has the reason of a failed start, and no exit code', () => {
    const engineMessage =
      'failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "nope": executable file not found in $PATH: unknown';
    const detail = detailOf('created', { ExitCode: 127, Error: engineMessage, StartedAt: '0001-01-01T00:00:00Z' });
    expect(detail.error).toBe('exec: "nope": executable file not found in $PATH');
    expect(detail).not.toHaveProperty('exitCode');
    expect(detail).not.toHaveProperty('started');
  });

  const probes = {
    Status: 'unhealthy',
    FailingStreak: 2,
    Log: [
      { Start: '2026-11-23T11:44:58Z', End: '2026-11-23T11:44:59Z', ExitCode: 0, Output: 'first' },
      { Start: '2026-11-23T12:45:00.25+01:00', End: '2026-11-23T12:45:01+01:00', ExitCode: 7, Output: 'last\n' },
    ],
  };

  it('has the last probe of a health check', () => {
    expect(detailOf('running', { Health: probes })).toMatchObject({
      health: 'unhealthy',
      lastProbe: {
        started: '2026-11-23T11:45:00.250Z',
        ended: '2026-11-23T11:45:01.000Z',
        exitCode: 7,
        output: 'last\n',
        failingStreak: 2,
      },
    });
  });

  it('has no health for a container that exited', () => {
    const detail = detailOf('exited', { Health: probes });
    expect(detail).not.toHaveProperty('health');
    expect(detail.lastProbe?.exitCode).toBe(7);
  });

  it.each([
    ['without a health check', { Health: undefined }],
    ['whose health check is off', { Health: { Status: 'none', FailingStreak: 0, Log: null } }],
    ['whose health check has not run yet', { Health: { Status: 'none', FailingStreak: 0, Log: [] } }],
  ])('has neither health nor probe for a container %s', (_what, changes) => {
    const detail = detailOf('running', changes);
    expect(detail).not.toHaveProperty('health');
    expect(detail).not.toHaveProperty('lastProbe');
  });

  it('reads a response without any fields', () => {
    expect(readDetail({ id: ID, name: 'web', state: 'running', inspected: {} }, ROW, [])).toMatchObject({
      command: [],
      mounts: [],
      networks: [],
      created: ROW.created,
    });
  });
});

describe('readTime', () => {
  it.each(['0001-01-01T00:00:00Z', '', 'soon', undefined, 7])('is undefined for %j', (value) => {
    expect(readTime(value)).toBeUndefined();
  });
});
