import { describe, expect, test } from 'vitest';
import { hasErrorCode, ObjDockerError } from '../../src/errors.ts';
import type { HarborProject } from '../../src/harbor/harbor.ts';
import { Secret } from '../../src/lib/secret.ts';
import { collect, openTestHarbor } from '../harness/harbor-client.ts';
import { createRobot } from '../harness/harbor-project.ts';
import { startHarbor } from '../harness/harbor-server.ts';
import { pushImage } from '../sandbox/small-images.ts';

type Call = (project: HarborProject, digest: string) => Promise<unknown>;

const CALLS: readonly (readonly [permissions: readonly string[], call: Call])[] = [
  [['project:read'], (project) => project.get()],
  [['project:update'], (project) => project.changePushSettings({ autoScan: false })],
  [['scanner:read'], (project) => project.scanner()],
  [['repository:list'], (project) => collect(project.listRepositories())],
  [['repository:read'], (project) => project.repository('api').get()],
  [['artifact:list'], (project) => collect(project.repository('api').listArtifacts())],
  [['artifact:list'], (project) => collect(project.repository('api').listTags())],
  [['artifact:list'], (project) => project.repository('api').newestArtifacts(1)],
  [['artifact:read'], (project) => project.repository('api').getArtifact('1.0')],
  [['artifact:read', 'artifact-addition:read'], (project) => project.repository('api').scanReport('1.0')],
  [['scan:create'], (project) => project.repository('api').startScan('1.0')],
  [['tag:create'], (project, digest) => project.repository('api').createTag(digest, 'new')],
  [['artifact:read', 'tag:delete'], (project) => project.repository('api').untag('new')],
  [['artifact:delete'], (project, digest) => project.repository('api').deleteArtifact(digest)],
];

describe.each(['2.9', '2.15'] as const)('with Harbor %s', (version) => {
  test('each error of a robot names the one permission that is missing next', async () => {
    await using harbor = await startHarbor({ version });
    const digest = await pushImage(harbor, { repository: 'axion/api', tag: '1.0' });
    for (const [at, [permissions, call]] of CALLS.entries()) {
      const given: string[] = [];
      for (let attempt = 0; ; attempt++) {
        // A robot needs a permission at all.
        const { username, password } = await createRobot(harbor, `r${at}-${attempt}`, ['label:list', ...given]);
        await using opened = openTestHarbor(harbor.url, { login: { username, password: new Secret(password) } });
        try {
          await call(opened.project('axion'), digest);
          break;
        } catch (error) {
          if (!(error instanceof ObjDockerError) || !hasErrorCode(error, 'REGISTRY_FORBIDDEN')) throw error;
          const missing = String(error.details.permission);
          expect(given).not.toContain(missing);
          expect(error.message).toContain(`${username} lacks the permission ${missing} in it`);
          expect(error.hint).toContain(`Give the robot ${username} the permission ${missing} in that project`);
          given.push(missing);
        }
      }
      expect(given).toEqual(permissions);
    }
  });
});
