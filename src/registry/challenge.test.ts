import { describe, expect, it } from 'vitest';
import { challengeOf, parseChallenges } from './challenge.ts';

describe('parseChallenges', () => {
  it.each([
    [
      'Bearer realm="http://h/service/token",service="harbor-registry",scope="repository:a/b:pull,push"',
      [
        {
          scheme: 'bearer',
          parameters: {
            realm: 'http://h/service/token',
            service: 'harbor-registry',
            scope: 'repository:a/b:pull,push',
          },
        },
      ],
    ],
    ['Basic realm="a \\"quoted\\" name"', [{ scheme: 'basic', parameters: { realm: 'a "quoted" name' } }]],
    [
      'Negotiate, Basic realm=x, Bearer Realm="y"',
      [
        { scheme: 'negotiate', parameters: {} },
        { scheme: 'basic', parameters: { realm: 'x' } },
        { scheme: 'bearer', parameters: { realm: 'y' } },
      ],
    ],
    ['Bearer realm = "spaced" , service = s', [{ scheme: 'bearer', parameters: { realm: 'spaced', service: 's' } }]],
    ['', []],
    [undefined, []],
    ['"', []],
  ])('%s', (header, challenges) => expect(parseChallenges(header)).toEqual(challenges));

  // With backtracking this would take minutes, and the test would time out.
  it('reads a hostile header in linear time', () => {
    expect(parseChallenges(`Bearer realm="${'\\'.repeat(50_000)}`)).toHaveLength(1);
    expect(parseChallenges('a,'.repeat(20_000))).toHaveLength(20_000);
  });

  it('finds the requested scheme', () => {
    expect(challengeOf('Basic realm=x, Bearer realm=y', 'bearer')?.parameters.realm).toBe('y');
    expect(challengeOf('Basic realm=x', 'bearer')).toBeUndefined();
  });
});
