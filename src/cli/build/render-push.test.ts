import { describe, expect, it } from 'vitest';
import type { PushEvent } from '../../docker/push/push.ts';
import { ObjDockerError } from '../../errors.ts';
import { plainOutput } from '../framework/plain-output.fixture.ts';
import { renderPush } from './render-push.ts';

const reference = 'registry.example.com/axion/api:1';

const said = (events: readonly PushEvent[]): Promise<string> => plainOutput(events, renderPush);

describe('renderPush without a terminal', () => {
  it('says once that a layer is retried, however often the engine does', async () => {
    const retrying: PushEvent = { type: 'push-retrying', reference, layer: 'abc' };
    expect(await said([{ type: 'push-started', reference }, retrying, retrying, retrying])).toBe(
      `${reference}: retrying layer abc\n`,
    );
  });

  it('says what was pushed and what failed', async () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const failed: PushEvent = { type: 'push-failed', reference: 'b:1', error: new ObjDockerError('PUSH_FAILED', 'no') };
    expect(await said([{ type: 'push-finished', image: { reference, digest, durationMs: 1200 } }, failed])).toBe(
      `${reference}: pushed sha256:${'a'.repeat(12)} in 1.2s\nb:1: failed\n`,
    );
  });
});
