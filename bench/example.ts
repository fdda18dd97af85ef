import { z } from 'zod';
import { EXAMPLE } from '../test/example/services.ts';
import { CLI } from '../test/harness/cli.ts';
import { type RunOptions, run } from './process.ts';

const CONFIG = `${EXAMPLE}config.plain.yaml`;

const Plan = z.object({
  images: z.array(z.object({ reference: z.string(), command: z.string() })).nonempty(),
  // Present when the method is bake.
  invocation: z.object({ method: z.string(), definition: z.unknown().optional() }),
});

/** The output of `objdocker build --dry-run --json` for the example package. */
export type ExamplePlan = z.infer<typeof Plan>;

/** Runs the built CLI on the example package. */
export function objdocker(args: readonly string[], options: RunOptions): Promise<string> {
  return run([process.execPath, CLI, '--config', CONFIG, ...args], options);
}

/** The images of the example, the docker command for each, and the bake definition for all. */
export async function planExample(options: RunOptions): Promise<ExamplePlan> {
  return Plan.parse(JSON.parse(await objdocker(['build', '--dry-run', '--json'], options)));
}
