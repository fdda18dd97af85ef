import { describe, expect, it } from 'vitest';
import { isObjDockerError } from '../errors.ts';
import { parseHarborTarget } from './harbor-reference.ts';

const SCOPE = { host: 'registry.example.com:8443', project: 'axion' };
const DIGEST = `sha256:${'ab'.repeat(32)}`;

const parse = (text: string, scope = SCOPE) => parseHarborTarget(text, scope);

function refused(text: string, scope = SCOPE) {
  try {
    parse(text, scope);
  } catch (error) {
    if (isObjDockerError(error)) return error;
  }
  return expect.fail(`${text} was accepted`);
}

describe('parseHarborTarget', () => {
  it.each([
    ['api', { repository: 'api', isOneName: true }],
    ['services/api', { repository: 'services/api' }],
    ['axion/api', { repository: 'api' }],
    ['axion/services/api:1.0', { repository: 'services/api', reference: '1.0' }],
    ['api:1.0', { repository: 'api', reference: '1.0', isOneName: true }],
    [`api@${DIGEST}`, { repository: 'api', reference: DIGEST, isOneName: true }],
    [`api:1.0@${DIGEST}`, { repository: 'api', reference: DIGEST, isOneName: true }],
    ['api@sha256:abababa', { repository: 'api', reference: 'sha256:abababa', isOneName: true }],
    ['axion/api@abababa', { repository: 'api', reference: 'sha256:abababa' }],
    [`api:1.0@${'ab'.repeat(32)}`, { repository: 'api', reference: DIGEST, isOneName: true }],
    ['registry.example.com:8443/axion/api@abababab…', { repository: 'api', reference: 'sha256:abababab' }],
    ['api:abababa', { repository: 'api', reference: 'abababa', isOneName: true }],
    ['registry.example.com:8443/axion/api', { repository: 'api' }],
    ['registry.example.com:8443/axion/services/api:1.0', { repository: 'services/api', reference: '1.0' }],
  ])('reads %s', (text, target) => {
    expect(parse(text)).toEqual({ isOneName: false, ...target });
  });

  it('reads a first component with the name of the project as the project', () => {
    expect(parse('axion')).toMatchObject({ repository: 'axion' });
    expect(parse('axion/api')).toMatchObject({ repository: 'api' });
    expect(parse('axion/axion/api')).toMatchObject({ repository: 'axion/api' });
    expect(parse('registry.example.com:8443/axion/axion')).toMatchObject({ repository: 'axion' });
  });

  it('does not read a project with a dot as a host', () => {
    expect(parse('my.team/api', { ...SCOPE, project: 'my.team' })).toMatchObject({ repository: 'api' });
  });

  it('names the least length of the beginning of a digest', () => {
    expect(refused('axion/api@ababab')).toMatchObject({
      message: '"ababab" is not a digest: it is too short',
      hint: 'Give the digest, or its first 7 hexadecimal digits or more.',
    });
  });

  it('rejects another host, and its hint shows how to write a name with a dot', () => {
    const { code, message, hint } = refused('docker.io/axion/api');
    expect(code).toBe('REFERENCE_INVALID');
    expect(message).toContain('is at docker.io, but the Harbor of the package is registry.example.com:8443');
    expect(hint).toContain('axion/docker.io/axion/api');
    // The same name without the port is another host.
    expect(refused('registry.example.com/axion/api').code).toBe('REFERENCE_INVALID');
  });

  it('rejects another project of the same host', () => {
    expect(refused('registry.example.com:8443/library/api').message).toContain('is not in axion');
    expect(refused('registry.example.com:8443/axion').message).toContain('is not in axion');
  });

  it.each([
    '',
    '/api',
    'api:',
    'API',
    'a//b',
    'a/../b',
    'api@sha256:ab',
    'api@abababa@abababa',
    `api@${'ab'.repeat(33)}`,
    'api@ABABABA',
    'api@md5:abababa',
    'https://registry.example.com/axion/api',
    'a b',
    'a\nb',
    '-x',
    '$(id)',
    'x'.repeat(300),
  ])('rejects %j', (text) => {
    expect(refused(text).code).toBe('REFERENCE_INVALID');
  });
});
