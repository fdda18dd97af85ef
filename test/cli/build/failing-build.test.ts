import { describe, expect, it } from 'vitest';
import { objdocker } from '../../harness/cli.ts';
import { configYaml, createProject } from '../../harness/project.ts';

interface Case {
  readonly what: string;
  readonly dockerfile: string;
  /** On stderr. */
  readonly says: readonly RegExp[];
  /** In the JSON output. */
  readonly error: { readonly message: RegExp; readonly hint: RegExp; readonly [detail: string]: unknown };
}

const CASES: readonly Case[] = [
  {
    what: 'a RUN that fails',
    // The engine reads the two streams separately. The pause keeps their order.
    dockerfile: `FROM localhost/busybox:bookworm AS tools
RUN true

FROM tools AS web
RUN true
RUN for i in $(seq 1 30); do echo "line number $i"; done; \\
    sleep 0.5; echo "it broke: $((40 + 2))" >&2; exit 7
FROM tools AS worker
RUN true
`,
    says: [
      /Dockerfile:6: RUN for i in .+ failed \(stage "web"\): exit code 7\n/,
      /\n {2}\| line number 29\n {2}\| line number 30\n {2}\| it broke: 42\n/,
      /\nhint: Read the last lines of the step\.\n/,
    ],
    error: {
      message: /Dockerfile:6: RUN .+: exit code 7$/,
      hint: /last lines/,
      stage: 'web',
      target: 'web',
      line: 6,
      dockerfile: expect.stringMatching(/^\/.+\/Dockerfile$/),
      logTail: expect.arrayContaining(['line number 30', 'it broke: 42']),
    },
  },
  {
    what: 'a COPY of a missing file',
    dockerfile: 'FROM scratch\n\nCOPY missing.txt /missing.txt\n',
    says: [/Dockerfile:3: COPY missing\.txt .*"?\/missing\.txt"?.*: not found\n/, /\nhint: .+not in the build context/],
    error: { message: /Dockerfile:3: .+missing\.txt/, hint: /build context/, line: 3 },
  },
  {
    what: 'a base image that does not exist',
    dockerfile: 'FROM 127.0.0.1:9/nowhere/base:1.0\nRUN true\n',
    says: [/Dockerfile:1: cannot pull the base image 127\.0\.0\.1:9\/nowhere\/base:1\.0: /, /\nhint: .+base image/],
    error: { message: /127\.0\.0\.1:9\/nowhere\/base:1\.0/, hint: /image\.baseImage/, line: 1 },
  },
];

describe('a failed build', () => {
  it.each(CASES)(
    'reports line and reason: $what',
    async ({ dockerfile, says, error: { message, hint, ...details } }) => {
      await using project = await createProject({
        Dockerfile: dockerfile,
        'config.yaml': configYaml({ host: '127.0.0.1:9' }),
      });
      const shown = await objdocker(['build', '--progress', 'quiet'], { cwd: project.directory });
      expect(shown).toMatchObject({ code: 3, stdout: '' });
      for (const text of says) expect(shown.stderr).toMatch(text);

      const document = await objdocker(['build', '--json'], { cwd: project.directory });
      expect(document.code).toBe(3);
      const { error } = JSON.parse(document.stdout);
      expect(error).toMatchObject({ code: 'BUILD_FAILED', ...details });
      expect(error.message).toMatch(message);
      expect(error.hint).toMatch(hint);
    },
  );

  it('prints earlier steps once, and only the last lines of the failed one', async () => {
    await using project = await createProject({
      Dockerfile: CASES[0]?.dockerfile ?? '',
      'config.yaml': configYaml({ host: '127.0.0.1:9' }),
    });
    const { stderr } = await objdocker(['build', '--progress', 'plain'], { cwd: project.directory });
    expect(stderr.match(/^\[tools 2\/2\] RUN true: (done|cached)/gm)).toHaveLength(1);
    expect(stderr).toMatch(/^\[web 2\/2\] RUN for i in .+: failed$/m);
    expect(stderr.match(/^ {2}\| /gm)?.length).toBeLessThanOrEqual(20);
    expect(stderr).not.toContain('  | line number 1\n');
  });
});
