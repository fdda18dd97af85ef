import { describe, expect, it } from 'vitest';
import { samplePlan } from '../../../test/build/sample-plan.ts';
import { lineOfStep, parseStepName } from './step-name.ts';

describe('parseStepName', () => {
  it.each([
    ['[2/4] RUN make', [], { instruction: 'RUN make', position: '2/4', ordinal: 2, internal: false }],
    ['[builder  2/10] RUN a ] b', [], { instruction: 'RUN a ] b', stage: 'builder', ordinal: 2 }],
    ['[stage-1 1/2] COPY a b', [], { stage: 'stage-1' }],
    ['[linux/arm64 builder 2/4] RUN make', [], { platform: 'linux/arm64', stage: 'builder' }],
    ['[linux/amd64->arm64 builder 2/4] RUN make', [], { platform: 'linux/amd64->arm64', stage: 'builder' }],
    ['[api builder 2/4] RUN make', ['api', 'worker'], { target: 'api', stage: 'builder' }],
    [
      '[api linux/arm64 builder 2/4] RUN make',
      ['api', 'worker'],
      { target: 'api', platform: 'linux/arm64', stage: 'builder' },
    ],
    // A bake of one image puts no target in front: this is the stage.
    ['[api 2/4] RUN make', ['api'], { stage: 'api', ordinal: 2 }],
    [
      '[api internal] load build context',
      ['api', 'worker'],
      { target: 'api', internal: true, instruction: 'load build context' },
    ],
    ['[internal] load .dockerignore', [], { internal: true, instruction: 'load .dockerignore' }],
    ['[api] exporting to image', ['api', 'worker'], { target: 'api', internal: true }],
    ['exporting to image', [], { internal: true }],
    ['RUN echo from an ONBUILD', [], { internal: false }],
  ])('reads %s', (name, targets, expected) => {
    expect(parseStepName(name, targets)).toMatchObject(expected);
  });
});

describe('lineOfStep', () => {
  const lineOf = (name: string) => lineOfStep(samplePlan(), parseStepName(name, []));

  it('finds a step by its number in BuildKit', () => {
    expect(lineOf('[builder 1/1] RUN make')).toBe(3);
    expect(lineOf('[api 2/3] COPY expanded .')).toBe(7);
    expect(lineOf('[api 3/3] RUN pip install .')).toBe(9);
  });

  it('finds a step by its text for the legacy builder, which counts otherwise', () => {
    expect(lineOf('[6/6] RUN pip  install .')).toBe(9);
  });

  it('is undefined for a step that is not in the Dockerfile', () => {
    expect(lineOf('[internal] load build context')).toBeUndefined();
    expect(lineOf('[nowhere 1/1] RUN x')).toBeUndefined();
  });
});
