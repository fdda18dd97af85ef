import type { ProgressSink } from './progress.ts';

const STEP = /^Step (\d+\/\d+) : (.*)$/;

/** Reads the output of the legacy builder: `Step 2/6 : RUN make`, ` ---> Using cache`, and the output of the step. */
export function createLegacyProgressReader(sink: ProgressSink, now: () => number): LegacyProgressReader {
  let current: { id: string; name: string; startedMs: number } | undefined;
  let cached = false;
  const end = (error?: string): void => {
    if (current !== undefined) sink.vertex({ ...current, completedMs: now(), cached, error });
    current = undefined;
    cached = false;
  };
  return {
    stdout: (line) => {
      const [, position, instruction] = STEP.exec(line) ?? [];
      if (position !== undefined) {
        end();
        current = { id: position, name: `[${position}] ${instruction}`, startedMs: now() };
        sink.vertex(current);
      } else if (line === ' ---> Using cache') cached = true;
      else if (current !== undefined && isOutput(line))
        sink.log({ id: current.id, stream: 'stdout', text: `${line}\n` });
    },
    stderr: (line) => {
      if (/^(DEPRECATED:| {12})/.test(line) || line === '') return;
      sink.text(line);
    },
    end,
  };
}

/** Reads the two streams of a legacy build. `end` reports its end. */
export interface LegacyProgressReader {
  readonly stdout: (line: string) => void;
  readonly stderr: (line: string) => void;
  readonly end: (error?: string) => void;
}

function isOutput(line: string): boolean {
  return line !== '' && !/^( ---> |Successfully (built|tagged) |Sending build context )/.test(line);
}
