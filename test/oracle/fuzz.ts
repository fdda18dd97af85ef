// Compares our reader with BuildKit on random Dockerfiles. README.md explains how to use it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { differences, withoutMessages } from './cases.ts';
import { factsOf, type Json } from './facts.ts';
import { buildOracle, Oracle, type Question } from './oracle.ts';
import { randomQuestion, readSources } from './random-dockerfiles.ts';

/** A Dockerfile that is read differently. */
export interface Difference extends Question {
  readonly seed: number;
  readonly differences: readonly string[];
}

const AT_ONCE = 100;
// BuildKit goes through maps in a random order, and may name any of several problems.
const TRIES = 12;

/**
 * Reads the Dockerfiles of the seeds and gives those that BuildKit reads differently.
 *
 * @param told called with the number of files that were compared
 */
export async function fuzz(
  program: string,
  seeds: { first: number; count: number },
  told: (files: number) => void = () => undefined,
): Promise<Difference[]> {
  const sources = readSources();
  const found: Difference[] = [];
  using oracle = new Oracle(program);
  for (let from = seeds.first; from < seeds.first + seeds.count; from += AT_ONCE) {
    const count = Math.min(AT_ONCE, seeds.first + seeds.count - from);
    const batch = Array.from({ length: count }, (_, index) => ({
      seed: from + index,
      ...randomQuestion(from + index, sources),
    }));
    const expected = await oracle.ask(batch);
    for (const [index, question] of batch.entries()) {
      const got = ours(question);
      let differs = differences(withoutMessages(expected[index] ?? null), got);
      for (let tries = 0; differs.length > 0 && tries < TRIES && maySwitch(differs); tries++) {
        const [again] = await oracle.ask([question]);
        differs = differences(withoutMessages(again ?? null), got);
      }
      if (differs.length > 0) found.push({ ...question, differences: differs });
    }
    told(from + count - seeds.first);
  }
  return found;
}

function ours({ dockerfile, buildArgs }: Question): Json {
  try {
    return factsOf(dockerfile, buildArgs);
  } catch (error) {
    return { crash: String(error instanceof Error ? error.stack : error) };
  }
}

function maySwitch(differs: readonly string[]): boolean {
  return differs.some((line) => line.includes('error') || line.includes('asTarget') || line.includes('dependencies'));
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: {
      files: { type: 'string', default: '1000' },
      seed: { type: 'string', default: '1' },
      keep: { type: 'string' },
      show: { type: 'string', default: '20' },
    },
  });
  const program = buildOracle();
  if (program === undefined) {
    console.error('The oracle cannot be built: Go, or its module proxy, is missing.');
    process.exit(3);
  }
  const started = Date.now();
  const found = await fuzz(program, { first: Number(values.seed), count: Number(values.files) }, (files) => {
    if (files % 1000 === 0) console.error(`${files} files, ${Math.round((Date.now() - started) / 1000)} s`);
  });
  for (const { seed, dockerfile, buildArgs, differences: lines } of found.slice(0, Number(values.show))) {
    console.log(
      `--- seed ${seed} ${JSON.stringify(buildArgs)}\n${JSON.stringify(Buffer.from(dockerfile).toString('latin1'))}`,
    );
    for (const line of lines.slice(0, 4)) console.log(`    ${line}`);
  }
  if (values.keep !== undefined) {
    mkdirSync(values.keep, { recursive: true });
    for (const { seed, dockerfile } of found) writeFileSync(`${values.keep}/seed-${seed}.Dockerfile`, dockerfile);
  }
  console.log(`${values.files} files from seed ${values.seed}: ${found.length} differ`);
  process.exitCode = found.length === 0 ? 0 : 1;
}
