import { expect, it } from 'vitest';
import { isObjDockerError } from '../../errors.ts';
import { Secret } from '../../lib/secret.ts';
import type { Engine } from '../connection/engine.ts';
import { pushImages } from './push.ts';

/** An engine that has every image, and responds to a push with one line. */
function engineWithPushLine(line: object): Engine {
  const engine: Pick<Engine, 'inspectImage' | 'http' | 'apiPath' | 'explain'> = {
    apiPath: '/v1.45',
    explain: async (error) => (isObjDockerError(error) ? error : expect.fail(`explained: ${error}`)),
    inspectImage: async () => ({
      id: 'sha256:1',
      tags: [],
      digests: [],
      os: 'linux',
      architecture: 'amd64',
      sizeBytes: 1,
      layers: ['a'],
      labels: {},
      onbuild: [],
      config: {},
    }),
    http: Object.create(null, {
      send: {
        value: async () =>
          (async function* () {
            yield Buffer.from(`${JSON.stringify(line)}\n`);
          })(),
      },
    }),
  };
  return Object.create(engine);
}

it('masks the password in an error text, plain and as Basic credentials', async () => {
  const password = 'tulip-and-tiger';
  const encoded = Buffer.from(`me:${password}`).toString('base64');
  const engine = engineWithPushLine({ error: `denied: Basic ${encoded} (${password}) may not push` });
  const auth = { credentials: { username: 'me', password: new Secret(password) } };
  const error: unknown = await pushImages(engine, ['h:5000/x:1'], { auth }).result.catch((thrown) => thrown);
  expect(isObjDockerError(error) && error.message).toContain('denied: Basic *** (***) may not push');
  expect(JSON.stringify(error)).not.toContain('tulip');
});
