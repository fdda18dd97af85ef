import type { RunContext } from '../run/context.ts';

/** Writes registries.yaml if the config names a file. A failure does not change the public tags. */
export async function writeRegistries({ pkg, options, environment, progress }: RunContext): Promise<void> {
  const { output } = pkg.k3s;
  if (output === undefined) return progress.skip('registries', 'deployment.k3s.output is not set');
  await progress.stage('registries', async () => {
    const { ObjBuildRunnerK3s } = await import('../../k3s/k3s.ts');
    const runner = new ObjBuildRunnerK3s({ environment });
    const { path, changed, warnings } = await runner.write(options.registriesOf ?? [pkg], output);
    for (const warning of warnings) progress.warn(warning);
    progress.update({ registries: { path, changed } });
    return { detail: changed ? `wrote ${path}` : `${path} is up to date` };
  });
}
