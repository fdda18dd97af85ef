import { describe, expect, it } from 'vitest';
import type { PushEvent } from '../../docker/push/push.ts';
import { ObjDockerError } from '../../errors.ts';
import { plainOutput } from '../framework/plain-output.fixture.ts';
import { renderPush } from './render-push.ts';

const reference = 'registry.example.com/axion/api:1';

const output = (events: readonly PushEvent[]): Promise<string> => plainOutput(events, renderPush);

describe('renderPush without a terminal', () => {
  it('prints one line for a retried layer, however often the engine retries', async () => {
    const retrying: PushEvent = { type: 'push-retrying', reference, layer: 'abc' };
    expect(await output([{ type: 'push-started', reference }, retrying, retrying, retrying])).toBe(
      `${reference}: retrying layer abc\n`,
    );
  });

  it('prints a warning', async () => {
    expect(await output([{ type: 'warning', message: 'mind this' }])).toBe('warning: mind this\n');
  });

  it('prints a line for each pushed and each failed image', async () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const failed: PushEvent = { type: 'push-failed', reference: 'b:1', error: new ObjDockerError('PUSH_FAILED', 'no') };
    expect(await output([{ type: 'push-finished', image: { reference, digest, durationMs: 1200 } }, failed])).toBe(
      `${reference}: pushed sha256:${'a'.repeat(12)} in 1.2s\nb:1: failed\n`,
    );
  });
});
