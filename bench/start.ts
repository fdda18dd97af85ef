import { CLI } from '../test/harness/cli.ts';
import { compare, type MeasureOptions, measure, type Row } from './measure.ts';
import { run } from './process.ts';

const OURS = 'objdocker --version';
const NODE = 'node -e 0';

/** Claim: the start adds little to that of Node. It is short, so it needs more rounds. */
export async function benchStart({ signal }: MeasureOptions): Promise<readonly Row[]> {
  const variants = [
    { name: OURS, run: () => run([process.execPath, CLI, '--version'], { signal }) },
    { name: NODE, run: () => run([process.execPath, '-e', '0'], { signal }) },
  ];
  // Warm-up: the first run reads files from disk.
  await measure(variants, { rounds: 1, signal });
  const timings = await measure(variants, { rounds: 21, signal });
  return [compare(timings, { what: 'start', ours: OURS, peer: NODE, target: 1.6 })];
}
