import { describe, expect, it } from 'vitest';
import { startFailed } from './start-failure.ts';

const RUNC = 'OCI runtime create failed: runc create failed: unable to start container process: ';

describe('startFailed', () => {
  // Texts of Engine 20.10 and 26, and runc 1.2.
  it.each([
    [
      `failed to create task for container: failed to create shim task: ${RUNC}exec: "nope": executable file not found in $PATH: unknown`,
      'exec: "nope": executable file not found in $PATH',
      'no such program',
      127,
    ],
    [
      `failed to create shim task: ${RUNC}error during container init: exec: "/run.sh": stat /run.sh: no such file or directory: unknown`,
      'exec: "/run.sh": stat /run.sh: no such file or directory',
      'no such program',
      127,
    ],
    [
      `failed to create shim task: ${RUNC}exec: "/etc": permission denied: unknown`,
      'exec: "/etc": permission denied',
      'Make the program executable',
      126,
    ],
    [
      'driver failed programming external connectivity on endpoint web (358f768409a75163e4d7ffbf296afef573a67eb05f50e10a93d704d948afbfcb): Bind for 127.0.0.1:18999 failed: port is already allocated',
      'Bind for 127.0.0.1:18999 failed: port is already allocated',
      'uses this port',
      undefined,
    ],
    [
      'driver failed programming external connectivity on endpoint web (c65cba30a4f4): Error starting userland proxy: listen tcp4 127.0.0.1:80: bind: address already in use',
      'Error starting userland proxy: listen tcp4 127.0.0.1:80: bind: address already in use',
      'uses this port',
      undefined,
    ],
    [
      'invalid mount config for type "bind": bind source path does not exist: /srv/data',
      'invalid mount config for type "bind": bind source path does not exist: /srv/data',
      'Create that path',
      undefined,
    ],
    ['network front not found', 'network front not found', 'network was deleted', undefined],
    [
      'container is marked for removal and cannot be started',
      'container is marked for removal and cannot be started',
      'objdocker delete --force web',
      undefined,
    ],
    ['something new', 'something new', "engine's log", undefined],
    ['', 'the engine gave no reason', "engine's log", undefined],
  ])('reduces %j to its reason', (engineMessage, reason, hint, exitCode) => {
    const error = startFailed({ id: 'abc', name: 'web' }, engineMessage);
    expect(error.code).toBe('INSTANCE_START_FAILED');
    expect(error.message).toBe(`cannot start container "web": ${reason}`);
    expect(error.hint).toContain(hint);
    expect(error.details.exitCode).toBe(exitCode);
  });
});
