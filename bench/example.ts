import { join } from 'node:path';
import { z } from 'zod';
import { EXAMPLE } from '../test/example/services.ts';
import { CLI } from '../test/harness/cli.ts';
import { type RunOptions, run } from './process.ts';

const Plan = z.object({
  images: z.array(z.object({ reference: z.string(), command: z.string() })).nonempty(),
  // Present when the method is bake.
  invocation: z.object({ method: z.string(), definition: z.unknown().optional() }),
});

/** The output of `objdocker build --dry-run --json` for the example package. */
export type ExamplePlan = z.infer<typeof Plan>;

/** Runs the built CLI on the example package, or on a copy of it. */
export function objdocker(args: readonly string[], options: RunOptions, folder = EXAMPLE): Promise<string> {
  return run([process.execPath, CLI, '--config', join(folder, 'config.plain.yaml'), ...args], options);
}

/** The images of the example, the docker command for each, and the bake definition for all. */
export async function planExample(options: RunOptions, folder = EXAMPLE): Promise<ExamplePlan> {
  return Plan.parse(JSON.parse(await objdocker(['build', '--dry-run', '--json'], options, folder)));
}
