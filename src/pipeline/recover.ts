import type { Recovery } from '../pipeline-run.ts';
import type { TagStore } from './tag-store.ts';

export interface RecoverOptions {
  readonly onWarning: (message: string) => void;
  readonly signal?: AbortSignal | undefined;
  /** @default the system's clock */
  readonly now?: (() => Date) | undefined;
}

/**
 * Finishes or restores what earlier runs of the package have left.
 *
 * @param repositories those of the plan, and what `store.repositoriesOf` tells
 * @throws {ObjDockerError} when tags stand for different runs, and can neither be moved on nor back now.
 */
export async function recover(
  _store: TagStore,
  _repositories: readonly string[],
  _options: RecoverOptions,
): Promise<readonly Recovery[]> {
  throw new Error('not yet');
}
