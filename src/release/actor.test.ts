import { expect, test } from 'vitest';
import { describeActor } from './actor.ts';

const machine = { user: 'me', host: 'laptop' };

test('is the user and the machine without a CI service', () => {
  expect(describeActor({}, machine)).toEqual(machine);
  expect(describeActor({}, { user: undefined, host: undefined })).toEqual({});
});

const actions = {
  GITHUB_ACTIONS: 'true',
  GITHUB_ACTOR: 'octo',
  GITHUB_SERVER_URL: 'https://github.example.com',
  GITHUB_REPOSITORY: 'axion/meridian',
  GITHUB_RUN_ID: '42',
};
const job = 'https://github.example.com/axion/meridian/actions/runs/42';

test.each([
  [actions, { user: 'octo', ci: 'GitHub', url: job }],
  [
    { ...actions, GITEA_ACTIONS: 'true' },
    { user: 'octo', ci: 'Gitea', url: job },
  ],
  [
    { GITLAB_CI: 'true', GITLAB_USER_LOGIN: 'fox', CI_JOB_URL: 'https://gitlab.example.com/a/b/-/jobs/7' },
    { user: 'fox', ci: 'GitLab', url: 'https://gitlab.example.com/a/b/-/jobs/7' },
  ],
  [
    { JENKINS_URL: 'https://ci.example.com/', BUILD_URL: 'https://ci.example.com/job/a/3/' },
    { user: 'me', ci: 'Jenkins', url: 'https://ci.example.com/job/a/3/' },
  ],
])('names the CI service, its user and its job: %o', (env, expected) => {
  expect(describeActor(env, machine)).toEqual({ host: 'laptop', ...expected });
});

test('has no secret of an address', () => {
  const env = { GITLAB_CI: 'true', CI_JOB_URL: 'https://bot:hunter2@gitlab.example.com/a?token=hunter2#hunter2' };
  expect(JSON.stringify(describeActor(env, machine))).not.toContain('hunter2');
  expect(describeActor({ GITLAB_CI: 'true', CI_JOB_URL: 'javascript:alert(1)' }, machine).url).toBeUndefined();
});
