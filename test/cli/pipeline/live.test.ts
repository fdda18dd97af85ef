import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { observeLosses } from '../../../src/cli/framework/lost-streams.ts';
import { Output } from '../../../src/cli/framework/output.ts';
import { followPipeline } from '../../../src/cli/pipeline/live/follow-pipeline.ts';
import { sampleEvents, sampleRun } from '../../../src/cli/pipeline/pipeline.fixture.ts';
import { ObjDockerError } from '../../../src/errors.ts';
import type { PipelineEvent } from '../../../src/pipeline/events.ts';
import { Screen } from '../../harness/terminal.ts';

const EVENTS = sampleEvents().map(({ event }) => event);

async function* playing(events: readonly PipelineEvent[], failure?: unknown): AsyncGenerator<PipelineEvent> {
  yield* events;
  if (failure !== undefined) throw failure;
}

describe('a run on a terminal', () => {
  /** What the terminal shows after these events. */
  async function shown(events: readonly PipelineEvent[], failure?: unknown): Promise<Screen> {
    const stderr = Object.assign(new PassThrough(), { isTTY: true, columns: 100, rows: 30 });
    const screen = new Screen(100);
    stderr.on('data', (written) => screen.write(String(written).replaceAll('\n', '\r\n')));
    async function* slowly(): AsyncGenerator<PipelineEvent> {
      for await (const event of playing(events, failure)) {
        yield event;
        await new Promise((resolve) => setTimeout(resolve, 3));
      }
    }
    await followPipeline(slowly(), { output: outputTo(stderr), interactive: true }, 'auto');
    return screen;
  }

  it('leaves a line for each stage, and each warning once above them', async () => {
    const { lines } = await shown(EVENTS);
    expect(lines).toEqual([
      'warning: disk space: 4.1 GB free at /var/lib/docker',
      '✓ pipeline    2m02s  homechoice 1.4.0, 6 images',
      '✓ preflight    1.2s  9 checks',
      '✓ recover      0.1s  no unfinished run',
      '✓ plan         0.2s  6 to build',
      '✓ build       41.2s  6 images, 24 of 31 steps from the cache',
      '✓ push         6.1s  6 images, 48.2 MB',
      '✓ scan        1m12s  6 images on 2 platforms',
      '✓ gate         0.0s  passed',
      '✓ promote      0.9s  6 tags, 5 moved',
      '- registries         skipped',
    ]);
  });

  it('removes the stages when it ends without a result', async () => {
    const { text } = await shown(EVENTS.slice(0, 60), new ObjDockerError('CANCELLED', 'no'));
    expect(text).toBe('warning: disk space: 4.1 GB free at /var/lib/docker');
  });

  it('shows the stages of a cancelled run as skipped', async () => {
    const stages = sampleRun().stages.map(({ name, ...stage }, index) =>
      index < 2 ? { name, ...stage } : { name, status: 'skipped' as const },
    );
    const run = sampleRun({ outcome: 'cancelled', promoted: false, stages });
    const { lines } = await shown([...EVENTS.slice(0, 60), { type: 'run-finished', run, scans: [] }]);
    expect(lines.slice(-6).map((line) => line.slice(0, 12).trimEnd())).toEqual([
      '- build',
      '- push',
      '- scan',
      '- gate',
      '- promote',
      '- registries',
    ]);
  });
});

function outputTo(stderr: PassThrough): Output {
  const stdout = new PassThrough();
  const losses = observeLosses({ stdout, stderr });
  return new Output({ stdout, stderr, losses, json: false, quiet: false, verbose: false, color: false });
}
