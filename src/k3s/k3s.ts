import { realpath } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { Package } from '../config/package.ts';
import { ObjDockerError } from '../errors.ts';
import { type Environment, systemEnvironment } from '../lib/environment.ts';
import { throwIfCancelled } from '../lib/operation.ts';
import { isCommittable } from '../lib/process/git.ts';
import type { Secret } from '../lib/secret.ts';
import { explainPull, type PullExplanation } from './explain.ts';
import { mergeRegistries } from './merge.ts';
import { collectRegistries } from './package-registries.ts';
import { compareRegistries, type RegistriesDifference } from './registries-yaml/compare.ts';
import { readRegistries } from './registries-yaml/read-registries.ts';
import type { Registries } from './registries-yaml/registries.ts';
import { readRegistriesFile, writeSecretFile } from './registries-yaml/registries-file.ts';
import { type RegistriesSummary, summarize } from './registries-yaml/summary.ts';
import { writeRegistriesYaml } from './registries-yaml/write-yaml.ts';
import { isK3sVersion, versionWarnings } from './versions.ts';

export { type Credentials, Secret } from '../lib/secret.ts';
export type { PullEndpoint, PullExplanation } from './explain.ts';
export type { RegistriesDifference } from './registries-yaml/compare.ts';

export type { AccessSummary, MirrorSummary, RegistriesSummary } from './registries-yaml/summary.ts';

export interface ObjBuildRunnerK3sOptions {
  /** Its working folder is the base of relative paths. @default the system's */
  readonly environment?: Environment | undefined;
}

export interface RegistriesOptions {
  readonly signal?: AbortSignal | undefined;
  /** The version of k3s on the nodes: `1.32.2`, `v1.32.2+k3s1`. @default not known: warnings name the versions that differ */
  readonly k3sVersion?: string | undefined;
}

/** A registries.yaml for k3s. */
export interface GeneratedRegistries {
  /** The content without its secrets. */
  readonly summary: RegistriesSummary;
  /** The file, with passwords. The same packages give the same text. */
  readonly yaml: Secret;
  /** For people: what nodes lack, and what they get that they should not. */
  readonly warnings: readonly string[];
}

export interface WrittenRegistries {
  /** Absolute. */
  readonly path: string;
  /** False when the file already had this content. */
  readonly changed: boolean;
  readonly summary: RegistriesSummary;
  readonly warnings: readonly string[];
}

export interface RegistriesCheck {
  /** Absolute, or the name of a text that was not read from a file. */
  readonly path: string;
  /** Whether k3s would read the same from the file as from a new one. */
  readonly inSync: boolean;
  /** Secrets masked. */
  readonly differences: readonly RegistriesDifference[];
  readonly warnings: readonly string[];
}

/**
 * Generates k3s's registries.yaml from the registries of packages: all their mirrors, and credentials and TLS of their own hosts.
 *
 * @example
 * ```ts
 * const runner = new ObjBuildRunnerK3s();
 * const { changed, warnings } = await runner.write([pkg], '/srv/nodes/registries.yaml');
 * ```
 */
export class ObjBuildRunnerK3s {
  readonly #environment: Environment;

  constructor({ environment = systemEnvironment() }: ObjBuildRunnerK3sOptions = {}) {
    this.#environment = environment;
  }

  /** @throws {ObjDockerError} REGISTRIES_CONFLICT, VARIABLE_UNSET, SECRET_FILE_UNREADABLE, CONFIG_INVALID, CANCELLED */
  async generate(packages: readonly Package[], options: RegistriesOptions = {}): Promise<GeneratedRegistries> {
    const { registries, warnings } = await collectAll(packages, { passwords: true, ...options });
    const yaml = writeRegistriesYaml(
      registries,
      packages.map(({ name }) => name),
    );
    return { yaml, summary: summarize(registries), warnings };
  }

  /**
   * Writes the file atomically with mode 0600, and replaces its content. A file that already has this content is left alone.
   *
   * @throws {ObjDockerError} OUTPUT_FAILED, and what {@link ObjBuildRunnerK3s.generate} throws.
   */
  async write(packages: readonly Package[], path: string, options: RegistriesOptions = {}): Promise<WrittenRegistries> {
    const { yaml, summary, warnings } = await this.generate(packages, options);
    const target = resolve(this.#environment.cwd, path);
    const changed = await writeSecretFile(target, yaml, options);
    const git = { environment: this.#environment, signal: options.signal };
    const isExposed = hasPasswords(summary) && (await isCommittable(await realpath(target), git));
    const exposed = isExposed
      ? [`${target} contains passwords, and Git does not ignore it: add ${basename(target)} to a .gitignore`]
      : [];
    return { path: target, changed, summary, warnings: [...warnings, ...exposed] };
  }

  /**
   * Compares a file with the one that {@link ObjBuildRunnerK3s.write} would write, as k3s reads them: comments, quotes and the order
   * of keys do not matter. A missing file counts as empty. Instead of a path it takes a text and a name for it.
   *
   * @throws {ObjDockerError} REGISTRIES_INVALID when k3s could not read the file, and what {@link ObjBuildRunnerK3s.generate} throws.
   */
  async check(
    packages: readonly Package[],
    source: string | { readonly name: string; readonly text: string },
    options: RegistriesOptions = {},
  ): Promise<RegistriesCheck> {
    const { registries, warnings } = await collectAll(packages, { passwords: true, ...options });
    const isPath = typeof source === 'string';
    const target = isPath ? resolve(this.#environment.cwd, source) : source.name;
    const file = isPath ? await readRegistriesFile(target) : { text: source.text, isOpen: false };
    const found = readRegistries(file?.text ?? '', target);
    const differences = compareRegistries(registries, found);
    const more = [
      ...(file === undefined ? [`${target} does not exist`] : []),
      ...(file?.isOpen === true && containsSecrets(found.registries)
        ? [`${target} contains passwords and is readable by other users: chmod 600 ${target}`]
        : []),
    ];
    return { path: target, inSync: differences.length === 0, differences, warnings: [...warnings, ...more] };
  }

  /**
   * The endpoints that a node with the generated file would try for an image. Needs no password and no network.
   *
   * @throws {ObjDockerError} REFERENCE_INVALID, USAGE for an invalid `k3sVersion`, and what {@link ObjBuildRunnerK3s.generate} throws.
   */
  async explain(
    packages: readonly Package[],
    image: string,
    options: RegistriesOptions = {},
  ): Promise<PullExplanation> {
    const { registries } = await collectAll(packages, { passwords: false, ...options });
    return explainPull(image, registries, options.k3sVersion);
  }
}

interface CollectAllOptions extends RegistriesOptions {
  readonly passwords: boolean;
}

async function collectAll(
  packages: readonly Package[],
  { passwords, signal, k3sVersion }: CollectAllOptions,
): Promise<{ readonly registries: Registries; readonly warnings: readonly string[] }> {
  if (k3sVersion !== undefined && !isK3sVersion(k3sVersion)) {
    throw new ObjDockerError('USAGE', `${JSON.stringify(k3sVersion)} is not a version of k3s`, {
      hint: 'Write it as "k3s --version" prints it: 1.32.2 or v1.32.2+k3s1.',
    });
  }
  const warnings = new Map<string, string[]>();
  const collected = [];
  for (const pkg of packages) {
    throwIfCancelled(signal);
    const warn = (message: string): void => {
      const names = warnings.get(message) ?? [];
      warnings.set(message, names.includes(pkg.name) ? names : [...names, pkg.name]);
    };
    collected.push({ name: pkg.name, registries: await collectRegistries(pkg, { passwords, warn }) });
  }
  const messages = [...warnings].map(([message, names]) =>
    packages.length > 1 ? `${names.join(', ')}: ${message}` : message,
  );
  const registries = mergeRegistries(collected);
  return { registries, warnings: [...messages, ...versionWarnings(registries, k3sVersion)] };
}

function hasPasswords({ configs }: RegistriesSummary): boolean {
  return configs.some(({ username }) => username !== undefined);
}

function containsSecrets({ configs }: Registries): boolean {
  return [...configs.values()].some(({ auth }) => auth?.password ?? auth?.auth ?? auth?.identityToken);
}
