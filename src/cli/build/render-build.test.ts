import { describe, expect, it } from 'vitest';
import type { BuildEvent, StepEvent } from '../../buildx/progress/events.ts';
import { plainOutput } from '../framework/plain-output.fixture.ts';
import { renderBuild } from './render-build.ts';

function step(id: string, state: StepEvent['state'], more: Partial<StepEvent> = {}): StepEvent {
  return { type: 'step', id, state, stage: 'venv', position: '1/2', instruction: 'RUN make', internal: false, ...more };
}

async function plainLines(...events: BuildEvent[]): Promise<string[]> {
  const said = await plainOutput(events, (stream, context) => renderBuild(stream, context, 'auto'));
  return said.split('\n').slice(0, -1);
}

describe('a build without a terminal', () => {
  it('prints a line for each finished step and for each line of its output', async () => {
    expect(
      await plainLines(
        step('a', 'started'),
        { type: 'log', id: 'a', stream: 'stdout', line: 'cc -o \u001b[1mx' },
        step('a', 'done', { durationMs: 1234 }),
        step('b', 'failed', { position: '2/2', platform: 'linux/arm64' }),
        step('c', 'done', { internal: true, instruction: 'load build context' }),
      ),
    ).toEqual([
      '[venv 1/2] | cc -o \\e[1mx',
      '[venv 1/2] RUN make: done in 1.2s',
      '[venv 2/2 linux/arm64] RUN make: failed',
    ]);
  });

  it('prints a step that several images share once', async () => {
    expect(await plainLines(step('a', 'done', { target: 'api' }), step('b', 'cached', { target: 'web' }))).toEqual([
      '[venv 1/2] RUN make: done',
    ]);
    expect(await plainLines(step('a', 'cached'), step('b', 'cached'), step('c', 'done'))).toEqual([
      '[venv 1/2] RUN make: cached',
      '[venv 1/2] RUN make: done',
    ]);
  });

  it('shortens a long instruction', async () => {
    const [line = ''] = await plainLines(
      step('a', 'cached', { instruction: `RUN make \\\n   ${'another-target '.repeat(40)}` }),
    );
    expect(line).toMatch(/^\[venv 1\/2\] RUN make \\ another-target .+…: cached$/);
    expect(line.length).toBeLessThan(150);
  });
});
