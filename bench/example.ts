import { z } from 'zod';
import { EXAMPLE } from '../test/example/services.ts';
import { CLI } from '../test/harness/cli.ts';
import { type RunOptions, run } from './process.ts';

const CONFIG = `${EXAMPLE}config.plain.yaml`;

const Plan = z.object({
  images: z.array(z.object({ reference: z.string(), command: z.string() })).nonempty(),
  // A definition is there when the method is bake.
  invocation: z.object({ method: z.string(), definition: z.unknown().optional() }),
});

/** What `objdocker build --dry-run --json` says about the example package. */
export type ExamplePlan = z.infer<typeof Plan>;

/** Runs the built CLI on the example package. */
export function objdocker(args: readonly string[], options: RunOptions): Promise<string> {
  return run([process.execPath, CLI, '--config', CONFIG, ...args], options);
}

/** The images of the example for a registry, the command of each, and the bake that makes all of them. */
export async function planExample(options: RunOptions): Promise<ExamplePlan> {
  return Plan.parse(JSON.parse(await objdocker(['build', '--dry-run', '--json'], options)));
}
