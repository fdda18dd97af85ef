import type { Config } from '../../config/load.ts';
import type { Package } from '../../config/package.ts';

/**
 * The packages that write the same registries.yaml as `pkg`, including itself; undefined when it writes none. A run writes the
 * file for all of them, because the file holds the registries of all.
 *
 * @throws {ObjDockerError} CONFIG_INVALID, VARIABLE_UNSET, also of another package, because it might share the file.
 */
export function packagesSharingRegistries(pkg: Package, config: Config): readonly Package[] | undefined {
  const { output } = pkg.k3s;
  if (output === undefined) return undefined;
  return config.packages
    .map((name) => (name === pkg.name ? pkg : config.selectPackage(name)))
    .filter(({ k3s }) => k3s.output === output);
}
