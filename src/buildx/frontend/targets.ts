import * as z from 'zod';
import type { BuildCapabilities, CapabilityOptions } from '../capabilities.ts';
import { callFrontend, type FrontendCall, whyNoCalls } from './call.ts';

/** A target that a frontend offers. */
export interface FrontendTarget {
  /** Undefined for the only one of a file that names none. */
  readonly name?: string;
  /** The target that it starts from. */
  readonly base?: string;
}

const Response = z.object({
  targets: z.array(z.object({ name: z.string().optional(), base: z.string().optional() })).nullable(),
});
const WHAT = 'target names';

/**
 * Asks the builder which targets a file has that only its own frontend can read.
 *
 * @returns the targets, or why they are not known: a sentence without a full stop
 */
export async function findFrontendTargets(
  call: Omit<FrontendCall, 'method' | 'what'>,
  capabilities: BuildCapabilities,
  options: CapabilityOptions,
): Promise<readonly FrontendTarget[] | string> {
  const problem = whyNoCalls(capabilities, WHAT);
  if (problem !== undefined) return problem;
  const { response, reason } = await callFrontend({ ...call, method: 'targets', what: WHAT }, options);
  return readTargets(response) ?? reason;
}

function readTargets(response: unknown): FrontendTarget[] | undefined {
  const { data } = Response.safeParse(response);
  return data?.targets?.map(({ name = '', base = '' }) => ({
    ...(name === '' ? {} : { name }),
    ...(base === '' ? {} : { base }),
  }));
}
