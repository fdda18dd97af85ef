import { createOperation, type OperationContext } from '../../lib/operation.ts';
import type { OutputChunk } from '../../model/instance.ts';
import type { ExecuteOptions, Execution, ExecutionResult } from '../../substrate/obj-substrate.ts';
import { checkContainerName } from '../containers/find.ts';
import { ByteCollector } from './byte-collector.ts';
import { EarlyEnd } from './early-end.ts';
import { checkCommand } from './request.ts';
import { type Connect, runCommand } from './run-command.ts';
import { Terminal } from './terminal.ts';

const DEFAULT_COLLECTED_BYTES = 10 * 1024 * 1024;

/**
 * Runs a command in a container.
 *
 * The command gets the environment variable OBJDOCKER_EXEC_ID with a random value. It marks the command's processes, so that
 * they can be found and ended.
 */
export function executeInContainer(
  name: string,
  command: readonly string[],
  options: ExecuteOptions,
  connect: Connect,
): Execution {
  const terminal = new Terminal(options.tty);
  let iterated = false;
  const run = async ({ emit, signal }: OperationContext<OutputChunk>): Promise<ExecutionResult> => {
    checkContainerName(name);
    checkCommand(command, options);
    const limit = options.maxCollectedBytes ?? DEFAULT_COLLECTED_BYTES;
    const collected = { stdout: new ByteCollector(limit), stderr: new ByteCollector(limit) };
    const stop = new EarlyEnd(signal, options.timeoutMs);
    const deliver = async (chunk: OutputChunk): Promise<void> => {
      if (iterated) await stop.interrupt.wait(emit(chunk));
      else collected[chunk.stream].add(chunk.data);
    };
    try {
      const end = await runCommand({ name, command, options, connect, terminal, stop, deliver });
      if (iterated) return { ...end, stdout: new Uint8Array(), stderr: new Uint8Array(), truncated: false };
      const { stdout, stderr } = collected;
      return { ...end, stdout: stdout.bytes, stderr: stderr.bytes, truncated: stdout.truncated || stderr.truncated };
    } finally {
      terminal.close();
      stop[Symbol.dispose]();
    }
  };
  const operation = createOperation(run, options.signal);
  return {
    get result() {
      return operation.result;
    },
    [Symbol.asyncIterator]() {
      iterated = true;
      return operation[Symbol.asyncIterator]();
    },
    resize: (size) => (options.tty === undefined ? Promise.resolve() : terminal.resize(size)),
  };
}
