import { describe, expect, it } from 'vitest';
import { objdocker } from '../../harness/cli.ts';
import { until } from '../../harness/processes.ts';
import { configYaml, createProject } from '../../harness/project.ts';
import { serveRaw } from '../../harness/registry-server.ts';
import { startEngine } from '../../harness/sandbox.ts';

describe.each([['trixie'], ['bookworm']])('push with an engine of %s', (flavour) => {
  it('fails when the engine is killed during the push', async () => {
    await using engine = await startEngine('--flavour', flavour);
    let connections = 0;
    // Accepts connections and never responds, so that the push runs until the engine is killed.
    await using registry = await serveRaw(() => connections++);
    await using project = await createProject({
      Dockerfile: 'FROM scratch\nCOPY file /file\n',
      file: 'content',
      'config.yaml': configYaml({ host: registry.host }),
    });
    const options = { cwd: project.directory, env: { ...engine.env, DOCKER_BUILDKIT: '1' } };
    const built = await objdocker(['build'], options);
    expect(built.code, built.stderr).toBe(0);

    const push = objdocker(['push', '--json'], options);
    await until(
      () => connections,
      (count) => count > 0,
    );
    await engine.kill();
    const { code, stdout } = await push;
    expect(code).toBe(3);
    expect(JSON.parse(stdout).error).toMatchObject({
      code: 'ENGINE_UNREACHABLE',
      hint: expect.any(String),
      pushed: [],
    });

    await engine.start();
    expect(await objdocker(['build'], options), 'the engine works again').toMatchObject({ code: 0 });
  });
});
