import { isObjDockerError, ObjDockerError } from '../../errors.ts';
import { sanitize } from '../../lib/text/sanitize.ts';
import type { Colors } from '../../terminal/stream.ts';

/** Any thrown value as one of our errors: what is not ours already is a bug, code INTERNAL. */
export function asObjDockerError(thrown: unknown): ObjDockerError {
  if (isObjDockerError(thrown)) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new ObjDockerError('INTERNAL', `unexpected failure: ${message}`, {
    hint: 'This is a bug in ObjDocker. Please report it with the command and the stack trace below: see "Reporting a bug" in CONTRIBUTING.md.',
    cause: thrown,
  });
}

/** The error as people read it on stderr: what failed, the details that explain it, and what to do. */
export function renderError(error: ObjDockerError, colors: Colors): string {
  const lines = [`${colors.red('objdocker:')} ${sanitize(error.message)}`];
  for (const block of explain(error)) lines.push(sanitize(block));
  if (error.hint !== undefined) lines.push(`${colors.cyan('hint:')} ${sanitize(error.hint)}`);
  if (error.code === 'INTERNAL') lines.push(sanitize(stackOf(error)));
  return lines.join('\n');
}

function explain(error: ObjDockerError): string[] {
  const { logTail, requestId } = error.details;
  return [
    ...(Array.isArray(logTail) && logTail.length > 0 ? [logTail.map((line) => `  | ${String(line)}`).join('\n')] : []),
    // With it a registry's own log can be searched: several hints send people there.
    ...(typeof requestId === 'string' && requestId !== '' ? [`  request id: ${requestId}`] : []),
  ];
}

function stackOf(error: ObjDockerError): string {
  return error.cause instanceof Error ? (error.cause.stack ?? '') : (error.stack ?? '');
}
