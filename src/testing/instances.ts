import { randomBytes } from 'node:crypto';
import type { OutputChunk } from '../model/instance.ts';
import type { ExecuteOptions } from '../substrate/obj-substrate.ts';
import { waitUntil } from './expectations.ts';
import type { CreatedInstance, InstanceSpec, SubstrateUnderTest } from './substrate-under-test.ts';

/** Says `ready`, and ends with 7 when it is asked to, saying `asked`. */
const EXITS_ON_TERM = `trap 'echo asked; exit 7' TERM; echo ready; while :; do sleep 1000 & wait $!; done`;
/** Says `ready`, and does not hear when it is asked to end. */
const IGNORES_TERM = `trap '' TERM; echo ready; while :; do sleep 1; done`;

export type InstanceOptions = Partial<Omit<InstanceSpec, 'command'>> & { readonly script?: string };

/** A name that no other instance has, and that ends with a word of the check. */
export function uniqueName(word: string): string {
  return `contract-${randomBytes(4).toString('hex')}-${word}`;
}

/** An instance that runs a shell script; by default one that runs until it is asked to end. */
export function create(
  subject: SubstrateUnderTest,
  { script = EXITS_ON_TERM, ...wish }: InstanceOptions = {},
): Promise<CreatedInstance> {
  const command = ['sh', '-c', script];
  return subject.createInstance({ name: uniqueName('instance'), labels: {}, started: true, ...wish, command });
}

/** An instance that has got so far that it notices when it is asked to end. */
export async function createReady(subject: SubstrateUnderTest, wish: InstanceOptions = {}): Promise<CreatedInstance> {
  const instance = await create(subject, wish);
  await untilLogged(subject, instance, 'ready');
  return instance;
}

export function createUnresponsive(subject: SubstrateUnderTest): Promise<CreatedInstance> {
  return createReady(subject, { script: IGNORES_TERM });
}

/** An instance that has ended with this code. */
export async function createExited(
  subject: SubstrateUnderTest,
  exitCode = 0,
  wish: InstanceOptions = {},
): Promise<CreatedInstance> {
  const instance = await create(subject, { script: `echo done; exit ${exitCode}`, ...wish });
  await untilState(subject, instance, 'exited');
  return instance;
}

async function untilState(subject: SubstrateUnderTest, { id }: CreatedInstance, state: string): Promise<void> {
  await waitUntil(`the instance is ${state}`, async () => (await subject.substrate.getInstance(id)).state === state);
}

async function untilLogged(subject: SubstrateUnderTest, instance: CreatedInstance, words: string): Promise<void> {
  await waitUntil(`the log has "${words}"`, async () => (await logOf(subject, instance)).includes(words));
}

/** All that an instance has written to stdout. */
export async function logOf({ substrate }: SubstrateUnderTest, { id }: CreatedInstance): Promise<string> {
  return text((await collect(substrate.readLogs(id))).stdout);
}

/** What a shell script in the instance prints. */
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

/** All output of a stream of pieces, each stream by itself. */
export async function collect(chunks: AsyncIterable<OutputChunk>): Promise<CollectedOutput> {
  const parts: Record<OutputChunk['stream'], Uint8Array[]> = { stdout: [], stderr: [] };
  for await (const { stream, data } of chunks) parts[stream].push(data);
  return { stdout: Buffer.concat(parts.stdout), stderr: Buffer.concat(parts.stderr) };
}

export function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}
