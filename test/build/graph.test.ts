import { readFileSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseStepName } from '../../src/buildx/progress/step-name.ts';
import { readDockerfile } from '../../src/dockerfile/read-dockerfile.ts';
import { isObjDockerError } from '../../src/errors.ts';
import { systemEnvironment } from '../../src/lib/environment.ts';
import { makeShell } from './harness.ts';

const env = { ...process.env, BUILDX_NO_DEFAULT_ATTESTATIONS: '1' };
const environment = systemEnvironment();
let context: string;
beforeAll(async () => {
  const shell = await makeShell(process.env);
  context = await mkdtemp(join(tmpdir(), 'build-graph-'));
  await cp(join(shell, 'sh'), join(context, 'sh'));
  await writeFile(join(context, 'file'), 'x');
  await rm(shell, { recursive: true });
});
afterAll(() => rm(context, { recursive: true }));

/** Builds without an output. Returns the messages of BuildKit. */
async function build(dockerfile: string, ...args: string[]): Promise<{ ok: boolean; output: string }> {
  const { exitCode, stderr } = await environment.exec(
    'docker',
    ['buildx', 'build', '--progress', 'plain', '--output', 'type=cacheonly', '--file', '-', ...args, context],
    { env, input: dockerfile },
  );
  return { ok: exitCode === 0, output: stderr };
}

/** The stages that BuildKit visited for a target. */
function stagesIn(output: string): string[] {
  const names = [...output.matchAll(/^#\d+ (\[.*\d+\/\d+\] .*)$/gm)].map(
    (match) => parseStepName(match[1] ?? '', []).stage,
  );
  return [...new Set(names.filter((name) => name !== undefined))].sort();
}

const SHELL = 'FROM scratch AS shell\nCOPY sh /bin/sh\n';
const SAMPLES: Record<string, string> = {
  services: `ARG BASE=shell\n${SHELL}FROM \${BASE} AS builder\nRUN true\nFROM builder AS test\nRUN true\nFROM shell AS Api\nCOPY --from=builder /bin/sh /x\nFROM shell AS worker\nRUN --mount=from=test,target=/t true\n`,
  numbers: `FROM scratch\nCOPY file /a\nFROM scratch\nCOPY file /b\nFROM scratch AS final\nCOPY --from=0 /a /a\n`,
  heredocs: `${SHELL}FROM shell AS one\nRUN cat > /x <<EOF\nFROM nothing AS fake\nCOPY --from=fake a b\nEOF\nFROM shell AS two\nCOPY <<A <<B /d/\nFROM three AS three\nA\nx\nB\n`,
  onbuild: `${SHELL}FROM shell AS base\nONBUILD COPY file /file\nFROM base AS app\nRUN true\nFROM app AS derived\nRUN true\n`,
  escape: `# escape=\`\n${SHELL}FROM shell AS one\nRUN echo a \`\n && echo b\n# FROM commented AS out\nfrom one as two\nrun true\n`,
  arch: `FROM scratch AS libs-amd64\nCOPY file /lib\nFROM scratch AS libs-s390x\nCOPY file /lib\nFROM --platform=$BUILDPLATFORM libs-\${TARGETARCH} AS image\nCOPY file /x\n`,
};

describe('the parser of Dockerfiles agrees with BuildKit', () => {
  it.each(Object.entries(SAMPLES))('on the dependencies of the stages: %s', async (_name, dockerfile) => {
    const graph = readDockerfile(dockerfile, 'Dockerfile');
    for (const stage of graph.stages) {
      if (stage.name === undefined) continue;
      const { ok, output } = await build(dockerfile, '--target', stage.name);
      expect(ok, output).toBe(true);
      const reached = graph
        .withDependencies(stage)
        .filter(({ steps }) => steps.some(({ ordinal }) => ordinal !== undefined));
      const expected = reached.map(({ name, index }) => name ?? `stage-${index}`);
      // For a stage name with an architecture, the graph has all candidates, and BuildKit uses one.
      expect(expected.filter((name) => stage.name !== 'image' || name !== 'libs-s390x').sort()).toEqual(
        stagesIn(output),
      );
    }
    for (const missing of ['fake', 'three', 'out', 'commented', '0']) {
      expect(graph.find(missing)).toBeUndefined();
      expect((await build(dockerfile, '--target', missing)).output).toContain(
        `target stage "${missing}" could not be found`,
      );
    }
  });

  it.each([
    '',
    'RUN true\nFROM scratch\n',
    'FROM scratch AS 9lives\n',
    'FROM scratch AS\n',
    'ARG BASE\nFROM ${BASE}\n',
    'FROM scratch\nRUNN true\n',
    'FROM scratch\nCOPY alone\n',
    'FROM scratch\nRUN <<EOF\ntrue\n',
    'FROM scratch\nCOPY --from=3 /a /a\n',
    'FROM scratch AS me\nCOPY --from=me /a /a\n',
    'FROM scratch\nARG X=y\nCOPY --from=$X /a /a\n',
    'FROM scratch\nRUN --mount=from=$X,target=/x true\n',
    'FROM scratch\nONBUILD FROM scratch\n',
    'FROM ${X:?missing}\n',
  ])('that %j is invalid', async (dockerfile) => {
    expect((await build(dockerfile)).ok).toBe(false);
    try {
      readDockerfile(dockerfile, 'Dockerfile');
      expect.unreachable();
    } catch (error) {
      expect(isObjDockerError(error) && error.code).toBe('DOCKERFILE_INVALID');
    }
  });

  it('on the fixtures of its unit tests', async () => {
    const text = readFileSync('test/fixtures/dockerfile/numbers.dockerfile', 'utf8');
    await writeFile(join(context, 'a'), '');
    await writeFile(join(context, 'b'), '');
    const { ok, output } = await build(text);
    expect(ok, output).toBe(true);
    expect(stagesIn(output)).toEqual(['final', 'stage-0', 'stage-1']);
  });
});
