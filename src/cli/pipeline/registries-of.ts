import type { Config } from '../../config/load.ts';
import type { Package } from '../../config/package.ts';

/**
 * The packages of a config.yaml whose registries.yaml is the same file as this one's, itself among them; undefined when it
 * writes none. One run writes the file for all of them: left out, they would be lost from it.
 *
 * @throws {ObjDockerError} CONFIG_INVALID, VARIABLE_UNSET of another package, too: it might be one of them.
 */
export function registriesOf(pkg: Package, config: Config): readonly Package[] | undefined {
  const { output } = pkg.k3s;
  if (output === undefined) return undefined;
  return config.packages
    .map((name) => (name === pkg.name ? pkg : config.selectPackage(name)))
    .filter(({ k3s }) => k3s.output === output);
}
