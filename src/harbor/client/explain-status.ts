import type { ErrorCode } from '../../errors.ts';
import type { Explanation } from '../../registry/failure.ts';
import { isRobotName, rejectionHint, rejectionReason } from '../../registry/login.ts';
import type { HarborProblem, HarborRequest, RequestContext } from './request.ts';

/** Explains HTTP 500 for a request that starts a task of Harbor's jobservice. */
export function explainTaskError(code: ErrorCode): Explanation {
  return {
    code,
    message: 'Harbor responded with HTTP 500; its jobservice may be down',
    hint: 'Find the unhealthy component: objdocker registry. Then search the log of harbor-core for the request id.',
  };
}

/** Explains an error of Harbor by its status, its code and, where those are not enough, its message. */
export function explainStatus(problem: HarborProblem, request: HarborRequest, context: RequestContext): Explanation {
  const { status, message, retryAfter } = problem;
  switch (status) {
    case 401:
      return unauthorized(context);
    case 403:
      return forbidden(problem, request, context);
    case 404:
      return notFound(problem, context);
    case 412:
      return precondition(problem, context);
    case 429:
      return {
        code: 'REGISTRY_ERROR',
        message: `Harbor at ${context.host} limits the rate of requests (${retryAfter === undefined ? 'HTTP 429' : `HTTP 429, Retry-After: ${retryAfter}`})`,
        hint: 'Wait for that time, or for a minute, and try again. The proxy in front of Harbor sets the limit.',
      };
    case 502:
    case 503:
    case 504:
      return {
        code: 'REGISTRY_UNREACHABLE',
        message: `the proxy in front of ${context.host} responds, but Harbor behind it does not (HTTP ${status})`,
        hint: 'Harbor may be starting: try again in a minute. Otherwise check the container and the log of harbor-core.',
      };
    default:
      return {
        code: 'REGISTRY_ERROR',
        message: `Harbor at ${context.host} responds with HTTP ${status}: ${message || 'no reason given'}`,
        hint:
          status >= 500
            ? 'Search the log of harbor-core for the request id, and check the health of Harbor: objdocker registry'
            : 'Check the version of this Harbor (2.9 and newer are supported) and its settings.',
      };
  }
}

function unauthorized({ host, username }: RequestContext): Explanation {
  if (username === undefined) {
    return {
      code: 'REGISTRY_UNAUTHORIZED',
      message: `Harbor at ${host} requires a login, and no credentials were found for it`,
      hint: `Set username and password (or passwordFile) in deployment.registry, or run: docker login ${host}`,
    };
  }
  return {
    code: 'REGISTRY_UNAUTHORIZED',
    message: `Harbor at ${host} rejects the credentials of ${username}: ${rejectionReason(username)}`,
    hint: `${rejectionHint(username)}${isRobotName(username) ? '' : ' With OIDC, use a robot.'}`,
  };
}

function forbidden({ code, message }: HarborProblem, request: HarborRequest, context: RequestContext): Explanation {
  const { host, username = 'an anonymous user' } = context;
  if (/read.?only/i.test(message)) {
    return {
      code: 'REGISTRY_READ_ONLY',
      message: `Harbor at ${host} is in read-only mode`,
      hint: 'Ask its administrator to turn read-only mode off (Configuration, System Settings).',
    };
  }
  if (code === 'DENIED' && /exceed|quota/i.test(message)) {
    return {
      code: 'REGISTRY_QUOTA',
      message: `the quota of ${request.project ?? 'the project'} at ${host} is used up: ${message}`,
      hint: 'Delete unused artifacts and run gc (objdocker harbor-gc), or ask for a higher quota.',
    };
  }
  if (/CSRF/.test(message)) {
    return {
      code: 'REGISTRY_ERROR',
      message: `Harbor at ${host} treats the request as one of a browser: ${message}`,
      hint: 'A proxy on the way adds a cookie to the requests. Configure it not to change requests to /api.',
    };
  }
  const permission = request.permission ?? 'for this';
  if (request.project === undefined) {
    return {
      code: 'REGISTRY_FORBIDDEN',
      message: `${username} lacks the permission ${permission} at ${host}`,
      hint: context.isRobot()
        ? `Use a system robot with the permission ${permission}.`
        : `Use an administrator of Harbor, or a system robot with the permission ${permission}.`,
    };
  }
  return {
    code: 'REGISTRY_FORBIDDEN',
    message: `project ${request.project} at ${host} does not exist, or ${username} lacks the permission ${permission} in it`,
    hint: context.isRobot()
      ? `Give the robot ${username} the permission ${permission} in that project (Robot Accounts, Edit).`
      : `Check the name of the project. If it is correct, make ${username} a member with a role that has ${permission}.`,
  };
}

// Harbor uses one code for everything that it does not find. Only the message names it.
const NOT_FOUND: readonly (readonly [RegExp, ErrorCode, string])[] = [
  [
    /^project .* not found/,
    'REGISTRY_PROJECT_MISSING',
    'Create the project (Projects, New Project), or correct deployment.registry.project.',
  ],
  [/^repository .* not found/, 'REPOSITORY_NOT_FOUND', 'List the repositories: objdocker harbor-repos'],
  [/^tag .* not found/, 'TAG_NOT_FOUND', 'List the artifacts: objdocker harbor-artifacts REPO'],
  [/^artifact .* not found/, 'ARTIFACT_NOT_FOUND', 'List the artifacts: objdocker harbor-artifacts REPO'],
  [/^(garbage collection|execution) /, 'GC_NOT_FOUND', 'List the gc runs: objdocker harbor-gc --history'],
];

function notFound({ code, message }: HarborProblem, { host }: RequestContext): Explanation {
  const known = NOT_FOUND.find(([pattern]) => pattern.test(message));
  if (known !== undefined) {
    return { code: known[1], message: `Harbor at ${host} reports: ${message}`, hint: known[2] };
  }
  return {
    code: code === '' ? 'REGISTRY_NOT_HARBOR' : 'REGISTRY_ERROR',
    message: `${host} responds with HTTP 404${message === '' ? '' : `: ${message}`}`,
    hint: 'Correct the host in deployment.registry. If it is correct, this Harbor may be too old: 2.9 and newer are supported.',
  };
}

function precondition({ code, message }: HarborProblem, { host }: RequestContext): Explanation {
  if (code === 'PROJECTPOLICYVIOLATION') {
    return {
      code: 'PULL_PREVENTED',
      message: `a policy of Harbor at ${host} prevents pulling it: ${message}`,
      hint: 'The project blocks vulnerable and unscanned images: scan the image, fix its findings, or add them to the CVE allowlist of the project.',
    };
  }
  if (code === 'VIOLATE_FOREIGN_KEY_CONSTRAINT') {
    return {
      code: 'ARTIFACT_IN_INDEX',
      message: `Harbor at ${host} reports: ${message}`,
      hint: 'An index contains it, or another artifact refers to it: delete that one first.',
    };
  }
  if (/immutable/i.test(message)) {
    return {
      code: 'TAG_IMMUTABLE',
      message: `Harbor at ${host} reports: ${message}`,
      hint: 'A rule of the project makes the tag immutable: change the rule (Policy, Tag Immutability), or keep the artifact of that tag.',
    };
  }
  return {
    code: 'REGISTRY_ERROR',
    message: `Harbor at ${host} rejected the request (HTTP 412): ${message || 'no reason given'}`,
    hint: 'Check the policies of the project.',
  };
}
