import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from '../../lib/environment.ts';
import { parseDuration } from '../../lib/text/duration.ts';
import type { CommandSpec } from '../framework/command.ts';
import { type Candidate, type CompletionRequest, readWords } from './read-words.ts';

/** Names that a shell takes as they are. What else an engine or a registry returns is not offered. */
const SAFE = /^[\w./:@+%,=-]+$/;

export interface CompleteOptions {
  readonly commands: readonly CommandSpec[];
  readonly environment: Environment;
  /** How long names are looked up: the user waits at the prompt. @default OBJDOCKER_COMPLETION_TIMEOUT, else 800 */
  readonly lookupLimitMs?: number;
}

/**
 * Prints what can follow these words, in the protocol of the completion scripts: a candidate and its description per line, then
 * `:4`, or `:0` where files fit as well. Never fails; what cannot be looked up in time is left out.
 *
 * @param words the words after `objdocker`; the last one is at the cursor and may be empty
 */
export async function complete(words: readonly string[], options: CompleteOptions): Promise<string> {
  const request = readWords(words, options.commands);
  const candidates = [...request.candidates, ...(await lookUp(request, options))];
  const lines = new Map<string, string>();
  for (const { value, description = '' } of candidates) {
    if (value.startsWith(request.typed) && SAFE.test(value))
      lines.set(value, `${request.prefix}${value}\t${description}\n`);
  }
  return `${[...lines.values()].join('')}:${request.acceptsFiles ? 0 : 4}\n`;
}

function limitOf({ env }: Environment): number {
  return parseDuration(env.OBJDOCKER_COMPLETION_TIMEOUT ?? '') ?? 800;
}

async function lookUp(
  request: CompletionRequest,
  { environment, lookupLimitMs = limitOf(environment) }: CompleteOptions,
): Promise<readonly Candidate[]> {
  const { source } = request;
  if (source === undefined) return [];
  const signal = AbortSignal.timeout(lookupLimitMs);
  const names = async (): Promise<readonly string[]> => {
    const { findNames } = await import('./find-names.ts');
    return findNames(source, request, { environment, signal });
  };
  // A credential helper may outlive the signal.
  const late = sleep(lookupLimitMs + 100, [], { ref: false });
  const found = await Promise.race([names().catch(() => []), late]);
  return found.map((value) => ({ value }));
}
