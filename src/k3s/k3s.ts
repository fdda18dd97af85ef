import type { Package } from '../config/package.ts';
import { ObjDockerError } from '../errors.ts';
import { type Host, systemHost } from '../lib/host.ts';
import type { Secret } from '../lib/secret.ts';
import type { RegistriesDifference } from './compare.ts';
import type { PullEndpoint } from './explain.ts';

export { type Credentials, Secret } from '../lib/secret.ts';
export type { RegistriesDifference } from './compare.ts';
export type { PullEndpoint } from './explain.ts';

export interface ObjBuildRunnerK3sOptions {
  /** Whose working folder relative paths start at. @default the process's own */
  readonly host?: Host | undefined;
}

export interface RegistriesOptions {
  readonly signal?: AbortSignal | undefined;
}

/** A registries.yaml for k3s. */
export interface GeneratedRegistries {
  /** The whole file; it holds passwords. The same packages come to the same text. */
  readonly yaml: Secret;
  /** For people: what nodes will lack, and what is handed to them that better were not. */
  readonly warnings: readonly string[];
}

export interface WrittenRegistries {
  /** Absolute. */
  readonly path: string;
  /** False when the file was so already, and was left alone. */
  readonly changed: boolean;
  readonly warnings: readonly string[];
}

export interface RegistriesCheck {
  /** Absolute. */
  readonly path: string;
  /** Whether k3s would do the same with the file as with a new one. */
  readonly inSync: boolean;
  /** Secrets masked. */
  readonly differences: readonly RegistriesDifference[];
  readonly warnings: readonly string[];
}

/** Where a node looks for an image. */
export interface PullExplanation {
  /** The whole reference: `docker.io/library/python:3.12`. */
  readonly image: string;
  /** In the order in which they are tried; the default endpoint is the last. */
  readonly endpoints: readonly PullEndpoint[];
  readonly warnings: readonly string[];
}

/**
 * Makes k3s's registries.yaml from the registries of packages: their mirrors, and credentials and TLS for their own hosts alone.
 *
 * @example
 * ```ts
 * const runner = new ObjBuildRunnerK3s();
 * const { changed, warnings } = await runner.write([pkg], '/srv/nodes/registries.yaml');
 * ```
 */
export class ObjBuildRunnerK3s {
  readonly #host: Host;

  constructor({ host = systemHost() }: ObjBuildRunnerK3sOptions = {}) {
    this.#host = host;
  }

  /** @throws {ObjDockerError} REGISTRIES_CONFLICT, VARIABLE_UNSET, SECRET_FILE_UNREADABLE, CONFIG_INVALID, CANCELLED */
  generate(_packages: readonly Package[], _options: RegistriesOptions = {}): Promise<GeneratedRegistries> {
    throw new ObjDockerError('INTERNAL', `not yet in ${this.#host.cwd}`);
  }

  /**
   * Writes the file with mode 0600, as a whole or not at all.
   *
   * @throws {ObjDockerError} OUTPUT_FAILED, and what {@link ObjBuildRunnerK3s.generate} throws.
   */
  write(_packages: readonly Package[], _path: string, _options: RegistriesOptions = {}): Promise<WrittenRegistries> {
    throw new ObjDockerError('INTERNAL', 'not yet');
  }

  /**
   * Compares a file with what would be written, by what k3s makes of it: comments, quotes and the order of keys do not count. A
   * file that is not there is one that says nothing.
   *
   * @throws {ObjDockerError} REGISTRIES_INVALID when k3s could not read the file either.
   */
  check(_packages: readonly Package[], _path: string, _options: RegistriesOptions = {}): Promise<RegistriesCheck> {
    throw new ObjDockerError('INTERNAL', 'not yet');
  }

  /**
   * Which endpoints a node with that file would try for an image. Needs no password, and asks nobody.
   *
   * @throws {ObjDockerError} REFERENCE_INVALID
   */
  explain(_packages: readonly Package[], _image: string, _options: RegistriesOptions = {}): Promise<PullExplanation> {
    throw new ObjDockerError('INTERNAL', 'not yet');
  }
}
