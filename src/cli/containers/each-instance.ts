import pMap from 'p-map';
import type { ErrorCode, ErrorJson, ObjDockerError } from '../../errors.ts';
import type { ObjDocker } from '../../obj-docker/obj-docker.ts';
import type { CommandContext } from '../framework/command.ts';
import { createDocker } from '../framework/docker.ts';
import { EXIT_CODES, ExitCode } from '../framework/exit-codes.ts';
import { asObjDockerError } from '../framework/output.ts';

const CONCURRENCY = 8;

/** Errors of the engine, which are the same for all names and are printed once. */
const ENGINE_ERRORS: ReadonlySet<ErrorCode> = new Set(['ENGINE_UNREACHABLE', 'ENGINE_PERMISSION', 'ENGINE_TLS']);

/** What became of one of the names. */
export type Outcome<Result> =
  | { readonly name: string; readonly result: Result }
  | { readonly name: string; readonly error: ObjDockerError; readonly interrupted?: 'while running' | 'before start' };

/** The JSON output of a command for several containers: one item for each name, in the given order. */
export interface ItemsJson<Result> {
  readonly items: readonly (Result | { readonly name: string; readonly error: ErrorJson })[];
  readonly total: number;
}

/**
 * Does something for several containers in parallel. A failure is printed and does not stop the others.
 *
 * @returns one outcome for each name, in the given order
 * @throws {ObjDockerError} when the engine cannot be reached
 */
export async function forEachInstance<Result>(
  context: CommandContext,
  names: readonly string[],
  work: (docker: ObjDocker, name: string) => Promise<Result>,
): Promise<readonly Outcome<Result>[]> {
  const { output, signal } = context;
  const docker = createDocker(context);
  try {
    await docker.connect({ signal });
    const reported = new Set<ErrorCode>();
    const attempt = async (name: string): Promise<Outcome<Result>> => {
      const isStarted = !signal.aborted;
      try {
        return { name, result: await work(docker, name) };
      } catch (thrown) {
        const error = asObjDockerError(thrown);
        // Interrupted work is listed together at the end.
        if (signal.aborted) return { name, error, interrupted: isStarted ? 'while running' : 'before start' };
        if (!(ENGINE_ERRORS.has(error.code) && reported.has(error.code))) output.error(error);
        reported.add(error.code);
        return { name, error };
      }
    };
    return await pMap(new Set(names), attempt, { concurrency: CONCURRENCY });
  } finally {
    docker.close();
  }
}

export function itemsJson<Result>(outcomes: readonly Outcome<Result>[]): ItemsJson<Result> {
  const items = outcomes.map((outcome) =>
    'error' in outcome ? { name: outcome.name, error: outcome.error.toJSON() } : outcome.result,
  );
  return { items, total: items.length };
}

export function exitCodeOf<Result>(outcomes: readonly Outcome<Result>[]): ExitCode {
  const codes = outcomes.flatMap((outcome) => ('error' in outcome ? [outcome.error.code] : []));
  const worst = codes.find((code) => code === 'INTERNAL') ?? codes.find((code) => ENGINE_ERRORS.has(code));
  if (worst !== undefined) return EXIT_CODES[worst];
  return codes.length === 0 ? ExitCode.done : ExitCode.no;
}
