import { randomBytes } from 'node:crypto';
import type { OutputChunk } from '../model/instance.ts';
import type { ExecuteOptions } from '../substrate/obj-substrate.ts';
import { until } from './expectations.ts';
import type { InstanceWish, MadeInstance, SubstrateSubject } from './subject.ts';

/** Says `ready`, and ends with 7 when it is asked to, saying `asked`. */
const ENDS_WHEN_ASKED = `trap 'echo asked; exit 7' TERM; echo ready; while :; do sleep 1000 & wait $!; done`;
/** Says `ready`, and does not hear when it is asked to end. */
const IGNORES = `trap '' TERM; echo ready; while :; do sleep 1; done`;

export type Wish = Partial<Omit<InstanceWish, 'command'>> & { readonly script?: string };

/** A name that no other instance has, and that ends with a word of the check. */
export function uniqueName(word: string): string {
  return `contract-${randomBytes(4).toString('hex')}-${word}`;
}

/** An instance that runs a shell script; by default one that runs until it is asked to end. */
export function make(
  subject: SubstrateSubject,
  { script = ENDS_WHEN_ASKED, ...wish }: Wish = {},
): Promise<MadeInstance> {
  const command = ['sh', '-c', script];
  return subject.createInstance({ name: uniqueName('instance'), labels: {}, started: true, ...wish, command });
}

/** An instance that has got so far that it notices when it is asked to end. */
export async function makeReady(subject: SubstrateSubject, wish: Wish = {}): Promise<MadeInstance> {
  const instance = await make(subject, wish);
  await untilLogged(subject, instance, 'ready');
  return instance;
}

export function makeDeaf(subject: SubstrateSubject): Promise<MadeInstance> {
  return makeReady(subject, { script: IGNORES });
}

/** An instance that has ended with this code. */
export async function makeEnded(subject: SubstrateSubject, exitCode = 0, wish: Wish = {}): Promise<MadeInstance> {
  const instance = await make(subject, { script: `echo done; exit ${exitCode}`, ...wish });
  await untilState(subject, instance, 'exited');
  return instance;
}

async function untilState(subject: SubstrateSubject, { id }: MadeInstance, state: string): Promise<void> {
  await until(`the instance is ${state}`, async () => (await subject.substrate.getInstance(id)).state === state);
}

async function untilLogged(subject: SubstrateSubject, instance: MadeInstance, words: string): Promise<void> {
  await until(`the log has "${words}"`, async () => (await logOf(subject, instance)).includes(words));
}

/** All that an instance has written to stdout. */
export async function logOf({ substrate }: SubstrateSubject, { id }: MadeInstance): Promise<string> {
  return text((await gather(substrate.readLogs(id))).stdout);
}

/** What a shell script in the instance prints. */
export async function runScript(
  { substrate }: SubstrateSubject,
  { id }: MadeInstance,
  script: string,
  options: ExecuteOptions = {},
): Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }> {
  const result = await substrate.executeCommand(id, ['sh', '-c', script], options).result;
  return { exitCode: result.exitCode, stdout: text(result.stdout), stderr: text(result.stderr) };
}

export interface Gathered {
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
}

/** All output of a stream of pieces, each stream by itself. */
export async function gather(chunks: AsyncIterable<OutputChunk>): Promise<Gathered> {
  const parts: Record<OutputChunk['stream'], Uint8Array[]> = { stdout: [], stderr: [] };
  for await (const { stream, data } of chunks) parts[stream].push(data);
  return { stdout: Buffer.concat(parts.stdout), stderr: Buffer.concat(parts.stderr) };
}

export function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}
