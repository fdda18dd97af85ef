import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { objdocker } from '../../harness/cli.ts';
import { configYaml, createProject } from '../../harness/project.ts';
import { startEngine } from '../../harness/sandbox.ts';

describe('build on a full disk', () => {
  it('reports that the engine has no space left, and how to free some', async () => {
    await using engine = await startEngine('--data-root-size', '64m');
    await using project = await createProject({
      Dockerfile: 'FROM scratch AS web\nCOPY big.bin /big.bin\nCOPY big.bin /again.bin\n',
      'config.yaml': configYaml({ host: '127.0.0.1:9' }),
      'big.bin': '',
    });
    await writeFile(project.path('big.bin'), Buffer.alloc(80 * 1024 * 1024, 7));
    const built = await objdocker(['build', '--json'], { cwd: project.directory, env: engine.env });
    expect(built.code, built.stderr).toBe(3);
    expect(JSON.parse(built.stdout).error).toMatchObject({
      code: 'ENGINE_DISK_FULL',
      hint: expect.stringContaining('docker builder prune'),
    });
  });
});
