import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compare, type MeasureOptions, measure, type Row } from './measure.ts';
import { run } from './process.ts';

const OURS = 'loadDockerfile';
const NODE = 'node -e 0';
const READER = new URL('../dist/dockerfile/dockerfile.js', import.meta.url).href;

/** Claim: a Dockerfile of 10,000 lines takes at most 100 ms above the start of Node, which takes about 60. */
export async function benchDockerfile({ signal }: MeasureOptions): Promise<readonly Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-dockerfile-'));
  try {
    const rows: Row[] = [];
    for (const [what, lines] of FILES) {
      const file = join(folder, 'Dockerfile');
      await writeFile(file, `${lines().slice(0, LINES).join('\n')}\n`);
      const script = `import(${JSON.stringify(READER)}).then(({ loadDockerfile }) => loadDockerfile(${JSON.stringify(file)}))`;
      const variants = [
        { name: OURS, run: () => run([process.execPath, '-e', script], { signal }) },
        { name: NODE, run: () => run([process.execPath, '-e', '0'], { signal }) },
      ];
      await measure(variants, { rounds: 1, signal });
      const timings = await measure(variants, { rounds: 11, signal });
      rows.push(compare(timings, { what: `Dockerfile, 10,000 lines, ${what}`, ours: OURS, peer: NODE, target: 2.7 }));
    }
    return rows;
  } finally {
    await rm(folder, { recursive: true });
  }
}

const LINES = 10_000;

const FILES: readonly (readonly [what: string, lines: () => string[]])[] = [
  ['RUN echo', () => ['FROM scratch', ...repeated((index) => [`RUN echo ${index}`])]],
  ['RUN over 7 lines', () => ['FROM debian:12', ...repeated(aptBlock)]],
  ['7,100 instructions of all kinds', () => ['FROM scratch AS base', 'ARG DIR=conf', ...repeated(denseBlock)]],
];

function repeated(block: (index: number) => string[]): string[] {
  const lines: string[] = [];
  for (let index = 0; lines.length < LINES; index++) lines.push(...block(index));
  return lines;
}

function aptBlock(index: number): string[] {
  return [
    `# step ${index}`,
    'RUN apt-get update && \\',
    '    apt-get install -y --no-install-recommends \\',
    `      package-${index} \\`,
    '      curl \\',
    '      ca-certificates && \\',
    '    # leave no lists behind',
    '    rm -rf /var/lib/apt/lists/*',
    '',
  ];
}

function denseBlock(index: number): string[] {
  return [
    `RUN echo ${index} && \\`,
    '    # a comment',
    `    touch /tmp/${index}`,
    `COPY --chown=1000:1000 \${DIR}/${index}.txt other /srv/`,
    `ENV NAME_${index}=value PATH_${index}=\${DIR}/${index}`,
    `RUN --mount=type=cache,target=/root/.cache --mount=type=secret,id=token make ${index}`,
    'LABEL com.example.key="a value"',
  ];
}
