import { randomBytes } from 'node:crypto';
import type { OutputChunk } from '../model/instance.ts';
import type { ExecuteOptions } from '../substrate/obj-substrate.ts';
import { waitUntil } from './expectations.ts';
import type { CreatedInstance, InstanceSpec, SubstrateUnderTest } from './substrate-under-test.ts';

/** Prints `ready`. On SIGTERM, prints `asked` and exits with 7. */
const EXITS_ON_TERM = `trap 'echo asked; exit 7' TERM; echo ready; while :; do sleep 1000 & wait $!; done`;
/** Prints `ready`, and ignores SIGTERM. */
const IGNORES_TERM = `trap '' TERM; echo ready; while :; do sleep 1; done`;

export type InstanceOptions = Partial<Omit<InstanceSpec, 'command'>> & { readonly script?: string };

/** A unique instance name that ends with a word of the check. */
export function uniqueName(word: string): string {
  return `contract-${randomBytes(4).toString('hex')}-${word}`;
}

/** Creates an instance that runs a shell script; by default one that runs until SIGTERM. */
export function create(
  target: SubstrateUnderTest,
  { script = EXITS_ON_TERM, ...spec }: InstanceOptions = {},
): Promise<CreatedInstance> {
  const command = ['sh', '-c', script];
  return target.createInstance({ name: uniqueName('instance'), labels: {}, started: true, ...spec, command });
}

/** Creates an instance and waits until its script has set its traps. */
export async function createReady(target: SubstrateUnderTest, spec: InstanceOptions = {}): Promise<CreatedInstance> {
  const instance = await create(target, spec);
  await untilLogged(target, instance, 'ready');
  return instance;
}

export function createUnresponsive(target: SubstrateUnderTest): Promise<CreatedInstance> {
  return createReady(target, { script: IGNORES_TERM });
}

/** Creates an instance that has exited with this code. */
export async function createExited(
  target: SubstrateUnderTest,
  exitCode = 0,
  spec: InstanceOptions = {},
): Promise<CreatedInstance> {
  const instance = await create(target, { script: `echo done; exit ${exitCode}`, ...spec });
  await untilState(target, instance, 'exited');
  return instance;
}

async function untilState(target: SubstrateUnderTest, { id }: CreatedInstance, state: string): Promise<void> {
  await waitUntil(`the instance is ${state}`, async () => (await target.substrate.getInstance(id)).state === state);
}

async function untilLogged(target: SubstrateUnderTest, instance: CreatedInstance, words: string): Promise<void> {
  await waitUntil(`the log has "${words}"`, async () => (await logOf(target, instance)).includes(words));
}

/** Everything that an instance has written to stdout. */
export async function logOf({ substrate }: SubstrateUnderTest, { id }: CreatedInstance): Promise<string> {
  return text((await collect(substrate.readLogs(id))).stdout);
}

/** Runs a shell script in the instance. */
export async function runScript(
  { substrate }: SubstrateUnderTest,
  { id }: CreatedInstance,
  script: string,
  options: ExecuteOptions = {},
): Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }> {
  const result = await substrate.executeCommand(id, ['sh', '-c', script], options).result;
  return { exitCode: result.exitCode, stdout: text(result.stdout), stderr: text(result.stderr) };
}

export interface CollectedOutput {
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
}

/** Collects all output, per stream. */
export async function collect(chunks: AsyncIterable<OutputChunk>): Promise<CollectedOutput> {
  const parts: Record<OutputChunk['stream'], Uint8Array[]> = { stdout: [], stderr: [] };
  for await (const { stream, data } of chunks) parts[stream].push(data);
  return { stdout: Buffer.concat(parts.stdout), stderr: Buffer.concat(parts.stderr) };
}

export function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}
