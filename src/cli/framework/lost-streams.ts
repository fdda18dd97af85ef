import { isObjDockerError, ObjDockerError } from '../../errors.ts';
import type { OutputStream } from '../../terminal/output-stream.ts';

export type StreamName = 'stdout' | 'stderr';

/** Aborted when the stream cannot be written any more. The reason is a ReaderGone or OUTPUT_FAILED. */
export type StreamLosses = Readonly<Record<StreamName, AbortSignal>>;

/** Observes both streams. Without a listener for its errors, a stream whose reader is gone would end the process. */
export function observeLosses(streams: Readonly<Record<StreamName, OutputStream>>): StreamLosses {
  return { stdout: observe(streams.stdout), stderr: observe(streams.stderr) };
}

function observe(stream: OutputStream): AbortSignal {
  const loss = new AbortController();
  stream.on('error', (error) => loss.abort(hasNoReader(stream, error) ? new ReaderGone() : outputError(error)));
  return loss.signal;
}

/** Whether the reader closed the pipe (`objdocker … | head`) or the terminal. */
function hasNoReader({ isTTY }: OutputStream, error: NodeJS.ErrnoException): boolean {
  return isClosedPipe(error) || (error.code === 'EIO' && isTTY === true);
}

/** Whether a write failed because the reader of the pipe is gone. */
export function isClosedPipe(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE';
}

/** The reader of an output stream closed it. */
class ReaderGone extends Error {
  override readonly name = 'ReaderGone';
}

export function isReaderGone({ reason }: AbortSignal): boolean {
  return reason instanceof ReaderGone;
}

/** The error in the loss of a stream; undefined when it can be written, or when only its reader is gone. */
export function failureOf({ reason }: AbortSignal): ObjDockerError | undefined {
  return isObjDockerError(reason) ? reason : undefined;
}

/** The error when stdout cannot be written: a full disk. */
export function outputError(cause: unknown): ObjDockerError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ObjDockerError('OUTPUT_FAILED', `the result could not be written to stdout: ${reason}`, {
    hint: 'Free disk space where stdout goes, or redirect it elsewhere.',
    cause,
  });
}
