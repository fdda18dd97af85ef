import { isObjDockerError } from '../../../errors.ts';
import { toJson } from '../../../lib/json.ts';
import type { OutputChunk } from '../../../model/instance.ts';
import type { CommandBody, CommandContext } from '../../framework/command.ts';
import { createDocker } from '../../framework/docker.ts';
import { ExitCode } from '../../framework/exit-codes.ts';
import { type GivenOptions, isOn, textOf, wholeNumberOf } from '../../framework/option-values.ts';
import { asObjDockerError } from '../../framework/output.ts';
import { createContainerText } from './container-text.ts';
import { JsonList } from './json-list.ts';
import { createLogLines, type LogLine } from './log-lines.ts';

import { writeSeveralLogs } from './several-logs.ts';
import { parseSince } from './since.ts';

type Chunks = AsyncIterable<OutputChunk>;

/** `objdocker logs NAME...`: prints the logs of containers, their stdout on stdout and their stderr on stderr. */
export const run: CommandBody = async (context, args, given) => {
  const { output, signal, environment } = context;
  const since = textOf(given, 'since');
  const follow = isOn(given, 'follow');
  const options = {
    follow,
    tail: tailOf(given),
    since: since === undefined ? undefined : parseSince(since, environment.now()),
    timestamps: output.json || isOn(given, 'timestamps'),
  };
  const [name = '', ...others] = new Set(args);
  const docker = createDocker(context);
  try {
    if (others.length > 0) return await writeSeveralLogs(docker, [name, ...others], options, context);
    const chunks = docker.readLogs(name, { ...options, signal });
    if (!output.json) await writeRaw(chunks, context);
    else if (follow) await writeLines(chunks, context);
    else await writeJson(chunks, context);
    return ExitCode.done;
  } catch (error) {
    // Ctrl-C is the normal end of a log: no error message.
    if (isCancelled(signal) && (follow || !output.json)) return ExitCode.interrupted;
    throw error;
  } finally {
    docker.close();
  }
};

function tailOf(given: GivenOptions): number | undefined {
  return textOf(given, 'tail') === 'all' ? undefined : wholeNumberOf(given, 'tail', 'a number of lines, or "all"');
}

/** Whether the user ended the command. The signal is also aborted when the reader of the output is gone. */
function isCancelled({ aborted, reason }: AbortSignal): boolean {
  return aborted && isObjDockerError(reason) && reason.code === 'CANCELLED';
}

/** Writes the log byte for byte; on a terminal as safe text. */
async function writeRaw(chunks: Chunks, { output, signal }: CommandContext): Promise<void> {
  const texts = {
    stdout: output.isTerminal('stdout') ? createContainerText(output.colors.isColorSupported) : undefined,
    stderr: output.isTerminal('stderr') ? createContainerText(output.stderrColors.isColorSupported) : undefined,
  };
  try {
    for await (const { stream, data } of chunks) {
      await output.send(stream, texts[stream]?.show(data) ?? data, signal);
    }
  } finally {
    for (const stream of ['stdout', 'stderr'] as const) {
      const rest = texts[stream]?.end() ?? '';
      if (rest !== '') await output.send(stream, rest, signal);
    }
  }
}

/** Writes one JSON object per line, at the end possibly an error. */
async function writeLines(chunks: Chunks, { output, signal }: CommandContext): Promise<void> {
  const splitter = createLogLines();
  const write = (lines: readonly LogLine[]) =>
    output.send('stdout', lines.map((line) => `${toJson(line)}\n`).join(''), signal);
  try {
    for await (const chunk of chunks) await write(splitter.push(chunk));
    await write(splitter.end());
  } catch (thrown) {
    if (!signal.aborted) {
      const error = asObjDockerError(thrown).toJSON();
      await output.send('stdout', `${toJson({ error })}\n`, signal);
    }
    throw thrown;
  }
}

/** Writes one JSON object while it reads the log. A failure in the middle becomes its `error`. */
async function writeJson(chunks: Chunks, { output, signal }: CommandContext): Promise<void> {
  const splitter = createLogLines();
  const list = new JsonList((piece) => output.send('stdout', piece, signal));
  try {
    for await (const chunk of chunks) await list.add(splitter.push(chunk));
    await list.add(splitter.end());
  } catch (thrown) {
    // Before the first line nothing is written: the caller prints the error.
    const reason = isCancelled(signal) ? signal.reason : thrown;
    if (list.total > 0) await list.end(asObjDockerError(reason)).catch(() => {});
    throw thrown;
  }
  await list.end();
}
