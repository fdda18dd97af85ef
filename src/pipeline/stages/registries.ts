import type { RunContext } from '../run/context.ts';

/** Writes the cluster's registries.yaml where the config asks for it. The images are released by then, whatever comes of it. */
export async function writeRegistries({ pkg, options, machine, record }: RunContext): Promise<void> {
  const { output } = pkg.k3s;
  if (output === undefined) return record.skip('registries', 'deployment.k3s.output names no file');
  await record.stage('registries', async () => {
    const { ObjBuildRunnerK3s } = await import('../../k3s/k3s.ts');
    const runner = new ObjBuildRunnerK3s({ environment: machine.environment });
    const { path, changed, warnings } = await runner.write(options.registriesOf ?? [pkg], output);
    for (const warning of warnings) record.warn(warning);
    record.note({ registries: { path, changed } });
    return { detail: changed ? `wrote ${path}` : `${path} was so already` };
  });
}
