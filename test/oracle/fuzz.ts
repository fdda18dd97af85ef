// Compares our reader with BuildKit on random Dockerfiles. README.md explains how to use it.
import { parseArgs } from 'node:util';
import { differences, withoutMessages, writeCase } from './cases.ts';
import { factsOf, type Json } from './facts.ts';
import { buildOracle, Oracle, type Question } from './oracle.ts';
import { randomQuestion, readSources } from './random-dockerfiles.ts';

/** A Dockerfile that is read differently. */
export interface Difference extends Question {
  readonly seed: number;
  readonly differences: readonly string[];
  /** What BuildKit says. */
  readonly facts: Json;
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
    for (const [index, { seed, ...question }] of batch.entries()) {
      const difference = await compare(question, expected[index] ?? null, oracle);
      if (difference !== undefined) found.push({ seed, ...difference });
    }
    told(from + count - seeds.first);
  }
  return found;
}

/** Asks again before it calls a file different, where BuildKit may say one thing or another. */
async function compare(
  question: Question,
  expected: Json,
  oracle: Oracle,
): Promise<Omit<Difference, 'seed'> | undefined> {
  const got = ours(question);
  let facts = expected;
  let differs = differences(withoutMessages(facts), got);
  for (let tries = 0; differs.length > 0 && tries < TRIES && maySwitch(differs); tries++) {
    facts = (await oracle.ask([question]))[0] ?? null;
    differs = differences(withoutMessages(facts), got);
  }
  return differs.length === 0 ? undefined : { ...question, differences: differs, facts };
}

/** Leaves out lines for as long as the rest is still read differently. */
export async function shrink(program: string, difference: Difference): Promise<Difference> {
  using oracle = new Oracle(program);
  let smallest = difference;
  let lines = linesOf(difference.dockerfile);
  for (let at = 0; at < lines.length; ) {
    const rest = lines.toSpliced(at, 1);
    const question = { dockerfile: Buffer.concat(rest), buildArgs: difference.buildArgs };
    const [facts = null] = await oracle.ask([question]);
    const still = await compare(question, facts, oracle);
    if (still === undefined) at++;
    else {
      smallest = { seed: difference.seed, ...still };
      lines = rest;
    }
  }
  return smallest;
}

/** The lines with their ends; any bytes. */
function linesOf(text: Uint8Array): Uint8Array[] {
  return (
    Buffer.from(text)
      .toString('latin1')
      .match(/[^\n]*\n|[^\n]+$/g) ?? []
  ).map((line) => Buffer.from(line, 'latin1'));
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
      keep: { type: 'string', default: '5' },
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
  for (const difference of found.slice(0, Number(values.keep)))
    console.log(`kept as the case ${writeCase(await shrink(program, difference))}`);
  console.log(`${values.files} files from seed ${values.seed}: ${found.length} differ`);
  process.exitCode = found.length === 0 ? 0 : 1;
}
