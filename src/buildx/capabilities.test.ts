import { describe, expect, it } from 'vitest';
import { ObjDockerError } from '../errors.ts';
import { systemEnvironment } from '../lib/environment.ts';
import type { Exec } from '../lib/process/exec.ts';
import { findBuilder, findClientCapabilities, parseBuilder } from './capabilities.ts';

function machine(outputs: Record<string, string | undefined>) {
  const exec: Exec = async (_file, args) => {
    const stdout = outputs[args.join(' ')];
    return stdout === undefined
      ? {
          exitCode: 1,
          stdout: '',
          stderr: 'docker: \'buildx\' is not a docker command.\nERROR: no builder "nope" found\n',
        }
      : { exitCode: 0, stdout, stderr: '' };
  };
  return { environment: { ...systemEnvironment(), exec }, env: {} };
}

describe('findClientCapabilities', () => {
  it('reads the versions of the CLI and of buildx, as Debian and Docker print them', async () => {
    const debian = machine({
      '--version': 'Docker version 26.1.5+dfsg1, build a72d7cd\n',
      'buildx version': 'github.com/docker/buildx 0.13.1+ds1 0.13.1+ds1-3\n',
    });
    expect(await findClientCapabilities(debian)).toEqual({
      docker: { version: '26.1.5+dfsg1' },
      buildx: { version: '0.13.1+ds1' },
    });
    const docker = machine({
      '--version': 'Docker version 28.2.2, build e6534b4\n',
      'buildx version': 'github.com/docker/buildx v0.29.1 a32761aeb3debd39be1eca514af3693af0db334b\n',
    });
    expect(await findClientCapabilities(docker)).toEqual({
      docker: { version: '28.2.2' },
      buildx: { version: '0.29.1' },
    });
  });

  it('finds no buildx without the plugin', async () => {
    expect(
      await findClientCapabilities(machine({ '--version': 'Docker version 20.10.24+dfsg1, build 297e128\n' })),
    ).toEqual({
      docker: { version: '20.10.24+dfsg1' },
    });
  });

  it('finds nothing without docker', async () => {
    const exec: Exec = async () => {
      throw new ObjDockerError('COMMAND_NOT_FOUND', 'cannot run "docker"');
    };
    expect(await findClientCapabilities({ environment: { ...systemEnvironment(), exec }, env: {} })).toEqual({});
  });
});

describe('findBuilder', () => {
  const printed = `Name:          multi
Driver:        docker-container
Last Activity: 2026-11-23 08:45:08 +0000 UTC

Nodes:
Name:             multi0
Endpoint:         unix:///var/run/docker.sock
Status:           running
BuildKit version: v0.12.5
Platforms:        linux/amd64*, linux/amd64/v2, linux/arm64/v8
Labels:
 org.mobyproject.buildkit.worker.executor: oci

Name:             multi1
Endpoint:         ssh://arm
Status:           running
Platforms:        linux/arm64, linux/arm/v7, linux/mystery
`;

  it('reads driver and platforms of all nodes', () => {
    expect(parseBuilder(printed)).toEqual({
      name: 'multi',
      driver: 'docker-container',
      platforms: ['linux/amd64', 'linux/amd64/v2', 'linux/arm64', 'linux/arm/v7'],
      buildkit: '0.12.5',
    });
  });

  it('passes a name that looks like an option as a name', async () => {
    await expect(findBuilder('--help', machine({ 'buildx inspect -- --help': printed }))).resolves.toMatchObject({
      name: 'multi',
    });
  });

  it('reports an unknown builder', async () => {
    await expect(findBuilder('nope', machine({}))).rejects.toMatchObject({
      code: 'BUILDER_INCAPABLE',
      message: 'cannot use the buildx builder "nope": no builder "nope" found',
    });
  });
});
