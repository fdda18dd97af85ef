import { fileURLToPath } from 'node:url';

/** The directory of the example, which is the build context. */
export const EXAMPLE = fileURLToPath(new URL('../../examples/axion/', import.meta.url));

export const TIERS = {
  web: ['axion-http', 'axion-upstream'],
  analytics: ['axion-daycount', 'axion-http'],
} as const;

export interface ExampleService {
  /** The name without `meridian-`. Also the name of the Python package in `meridian`. */
  readonly name: string;
  readonly target: string;
  readonly tier: keyof typeof TIERS;
  /** The files in `tests/` that the modules of this image must pass. */
  readonly pythonTests: readonly string[];
}

export const SERVICES: readonly ExampleService[] = [
  service('api', 'web'),
  service('gateway', 'web'),
  service('exporter', 'web'),
  service('report', 'analytics'),
  service('scheduler', 'analytics'),
  service('worker', 'analytics'),
];

function service(name: string, tier: keyof typeof TIERS): ExampleService {
  const packages = TIERS[tier].map((requirement) => `test_${requirement.replace('-', '_')}`);
  return { name, target: `meridian-${name}`, tier, pythonTests: ['test_core', `test_${name}`, ...packages] };
}
