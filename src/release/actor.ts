import type { EnvironmentVariables } from '../lib/process/exec.ts';
import type { ReleaseActor } from '../model/release.ts';

/** A text longer than this is none of the names and addresses that a CI service gives. */
const MOST_CHARACTERS = 500;

interface CiService {
  readonly ci: string;
  /** Whether the variables are those of the service. */
  readonly isHere: (env: EnvironmentVariables) => boolean;
  readonly user: (env: EnvironmentVariables) => string | undefined;
  readonly url: (env: EnvironmentVariables) => string | undefined;
}

const workflowRun = (env: EnvironmentVariables): string | undefined =>
  env.GITHUB_SERVER_URL && env.GITHUB_REPOSITORY && env.GITHUB_RUN_ID
    ? `${env.GITHUB_SERVER_URL}/${env.GITHUB_REPOSITORY}/actions/runs/${env.GITHUB_RUN_ID}`
    : undefined;

/** The first whose variables are set. Gitea sets those of GitHub, too. */
const SERVICES: readonly CiService[] = [
  {
    ci: 'Gitea',
    isHere: ({ GITEA_ACTIONS }) => GITEA_ACTIONS === 'true',
    user: ({ GITHUB_ACTOR }) => GITHUB_ACTOR,
    url: workflowRun,
  },
  {
    ci: 'GitHub',
    isHere: ({ GITHUB_ACTIONS }) => GITHUB_ACTIONS === 'true',
    user: ({ GITHUB_ACTOR }) => GITHUB_ACTOR,
    url: workflowRun,
  },
  {
    ci: 'GitLab',
    isHere: ({ GITLAB_CI }) => GITLAB_CI === 'true',
    user: ({ GITLAB_USER_LOGIN }) => GITLAB_USER_LOGIN,
    url: ({ CI_JOB_URL }) => CI_JOB_URL,
  },
  {
    ci: 'Jenkins',
    isHere: ({ JENKINS_URL }) => Boolean(JENKINS_URL),
    user: ({ BUILD_USER_ID }) => BUILD_USER_ID,
    url: ({ BUILD_URL }) => BUILD_URL,
  },
];

/** Who starts a run, and where: as the CI service says, else as the machine does. Never contains a secret. */
export function describeActor(
  env: EnvironmentVariables,
  machine: { readonly user: string | undefined; readonly host: string | undefined },
): ReleaseActor {
  const service = SERVICES.find(({ isHere }) => isHere(env));
  const user = text(service?.user(env)) ?? text(machine.user);
  const host = text(machine.host);
  const url = address(service?.url(env));
  return {
    ...(user === undefined ? {} : { user }),
    ...(host === undefined ? {} : { host }),
    ...(service === undefined ? {} : { ci: service.ci }),
    ...(url === undefined ? {} : { url }),
  };
}

function text(value: string | undefined): string | undefined {
  return value === undefined || value === '' || value.length > MOST_CHARACTERS ? undefined : value;
}

/** An http address without user, password and query, which may hold a token. */
function address(value: string | undefined): string | undefined {
  if (text(value) === undefined || value === undefined || !URL.canParse(value)) return undefined;
  const url = new URL(value);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined;
  return `${url.origin}${url.pathname}`;
}
