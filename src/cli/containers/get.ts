import type { CommandBody } from '../framework/command.ts';
import { exitCodeOf, forEachInstance, itemsJson } from './each-instance.ts';
import { renderInstance } from './render-instance.ts';

/** `objdocker get NAME...`: shows containers in detail. */
export const run: CommandBody = async (context, names) => {
  const { output, signal, environment } = context;
  const outcomes = await forEachInstance(context, names, (docker, name) => docker.getInstance(name, { signal }));
  if (signal.aborted) throw signal.reason;
  const instances = outcomes.flatMap((outcome) => ('error' in outcome ? [] : [outcome.result]));
  const { columns, colors, quiet } = output;
  for (const [index, instance] of instances.entries()) {
    if (index > 0 && !quiet) output.print('');
    output.print(quiet ? instance.id : renderInstance(instance, { columns, colors, now: environment.now() }));
  }
  output.printJson('get', itemsJson(outcomes));
  return exitCodeOf(outcomes);
};
