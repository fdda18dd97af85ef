import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { readConfig } from '../../test/harness/config-text.ts';
import { parseAsNode } from '../../test/harness/k3s-node.ts';
import type { EnvironmentVariables } from '../lib/process/exec.ts';
import { ObjBuildRunnerK3s } from './k3s.ts';

export const MISSION = readFileSync(
  fileURLToPath(new URL('../../test/fixtures/config/mission.yaml', import.meta.url)),
  'utf8',
);
export const runner = new ObjBuildRunnerK3s();

type Section = Readonly<Record<string, unknown>>;

/** The packages of a config with these registries, each of a plain registry unless it says otherwise. */
export function packagesOf(registries: Readonly<Record<string, Section>>, env: EnvironmentVariables = {}) {
  const written = Object.entries(registries).map(([name, { image, ...registry }]) => [
    name,
    {
      deployment: {
        registry: { type: 'registry', ...registry },
        image: { repository: 'app', tag: '1', dockerfile: 'Dockerfile', ...(image as Section | undefined) },
      },
    },
  ]);
  const config = readConfig(stringify(Object.fromEntries(written)), { env });
  return config.packages.map((name) => config.selectPackage(name));
}

export async function generate(registry: Section, env: EnvironmentVariables = {}) {
  const { yaml, ...rest } = await runner.generate(packagesOf({ shop: registry }, env));
  return { node: parseAsNode(yaml.reveal()), text: yaml.reveal(), ...rest };
}

export const USER = { username: 'robot$axion+pull', password: 'hunter2hunter2' };
