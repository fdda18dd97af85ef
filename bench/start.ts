import { CLI } from '../test/harness/cli.ts';
import { compare, type MeasureOptions, measure, type Row } from './measure.ts';
import { run } from './process.ts';

const OURS = 'objdocker --version';
const NODE = 'node -e 0';

/** SPEC, "How fast", row 7: a process that does next to nothing. So short, it takes more rounds to measure. */
export async function benchStart({ signal }: MeasureOptions): Promise<readonly Row[]> {
  const variants = [
    { name: OURS, run: () => run([process.execPath, CLI, '--version'], { signal }) },
    { name: NODE, run: () => run([process.execPath, '-e', '0'], { signal }) },
  ];
  // Not counted: the first run reads from the disk what the others find in memory.
  await measure(variants, { rounds: 1, signal });
  const timings = await measure(variants, { rounds: 21, signal });
  return [compare(timings, { what: 'start', ours: OURS, peer: NODE, target: 1.6 })];
}
