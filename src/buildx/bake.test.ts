import { describe, expect, it } from 'vitest';
import { samplePlan } from '../../test/build/sample-plan.ts';
import { bakeDefinition, bakeInput, bakeTargetNames } from './bake.ts';

const paths = { dockerfile: '/w/Dockerfile', context: '/w' };
const loaded = { push: false, pinsImages: false, platforms: [] };

describe('bakeDefinition', () => {
  it('puts every image into one default group', () => {
    const plan = samplePlan({
      images: [
        { target: 'api', service: 'api', reference: 'h/api:1', args: { A: '1' } },
        { reference: 'h/last:1', args: {} },
      ],
    });
    expect(bakeDefinition(plan, paths, loaded)).toEqual({
      group: { default: { targets: ['api', 'image'] } },
      target: {
        api: {
          context: '/w',
          dockerfile: '/w/Dockerfile',
          target: 'api',
          tags: ['h/api:1'],
          args: { A: '1' },
          output: ['type=docker'],
        },
        image: { context: '/w', dockerfile: '/w/Dockerfile', tags: ['h/last:1'], args: {}, output: ['type=docker'] },
      },
    });
  });

  it('has platforms, secrets, caches and flags', () => {
    const plan = samplePlan({
      platforms: ['linux/amd64', 'linux/arm64'],
      secrets: [
        { id: 'token', env: 'TOKEN' },
        { id: 'pip', file: '/etc/a "b", c' },
      ],
      noCache: true,
      pull: true,
    });
    const [image] = plan.images;
    const cached = {
      ...image,
      reference: 'h/api:1',
      args: {},
      cacheFrom: ['type=registry,ref=h/cache'],
      cacheTo: ['type=inline'],
    };
    const output = { push: true, pinsImages: false, platforms: plan.platforms };
    const { target } = bakeDefinition({ ...plan, images: [cached] }, paths, output);
    expect(target.api).toMatchObject({
      platforms: ['linux/amd64', 'linux/arm64'],
      secret: ['id=token,env=TOKEN', 'id=pip,"src=/etc/a ""b"", c"'],
      'no-cache': true,
      pull: true,
      'cache-from': ['type=registry,ref=h/cache'],
      'cache-to': ['type=inline'],
      output: ['type=image,push=true'],
    });
  });
});

it('escapes template expressions of bake', () => {
  const plan = samplePlan({
    images: [{ target: 'api', reference: 'h/api:1', args: { A: '${X} $${Y} %{if} $Z 100% $ {', B: 'a"\n' } }],
  });
  const document = JSON.parse(bakeInput(bakeDefinition(plan, paths, loaded)));
  expect(document.target.api.args).toEqual({ A: '$${X} $$${Y} %%{if} $Z 100% $ {', B: 'a"\n' });
});

it('makes unique target names of allowed characters', () => {
  const names = ['a.b', 'a_b', 'A b'].map((service) => ({ service, reference: 'x', args: {} }));
  expect(bakeTargetNames(names)).toEqual(['a_b', 'a_b_2', 'A_b']);
});
