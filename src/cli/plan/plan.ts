import * as z from 'zod';
import type { PlanOptions } from '../../pipeline/options.ts';
import type { CommandBody } from '../framework/command.ts';
import { ageOf } from '../framework/option-values.ts';
import { printPlans } from './print-plans.ts';

const Options = z.object({
  service: z.array(z.string()).optional(),
  explain: z.string().optional(),
  tag: z.array(z.string()).optional(),
  platform: z.array(z.string()).optional(),
  builder: z.string().optional(),
  rebuild: z.boolean().default(false),
  rebuildOlder: z.string().optional(),
});

/** `objdocker plan [PACKAGE]`: says what the pipeline would do. Plans all packages of the file unless one, or a service, is named. */
export const run: CommandBody = async (context, [name], given) => {
  const { service, explain, tag, platform, builder, rebuild, rebuildOlder } = Options.parse(given);
  const options: PlanOptions = {
    services: service,
    tags: tag,
    platforms: platform?.flatMap((list) => list.split(',')),
    builder,
    rebuild,
    rebuildOlderMs: rebuildOlder === undefined ? undefined : ageOf(rebuildOlder, '--rebuild-older'),
  };
  // A service is one of a certain package.
  const isOne = [name, context.globals.package, service, explain].some((value) => value !== undefined);
  const { packages } = isOne ? { packages: [] } : await context.loadConfig();
  return printPlans(context, { packages: isOne || packages.length === 1 ? name : packages, options, explain });
};
