import type { ErrorCode } from '../../errors.ts';
import type { Explanation } from '../../registry/failure.ts';
import type { HarborProblem, HarborRequest, RequestContext } from './request.ts';

/** Says what one of Harbor's errors means for the user, by its status, its code and, where those are not enough, its words. */
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
        message: `Harbor at ${context.host} has had too many requests (${retryAfter === undefined ? 'HTTP 429' : `HTTP 429, Retry-After: ${retryAfter}`})`,
        hint: 'Wait that long, or a minute, and see who else uses it; the limit is that of the proxy before Harbor.',
      };
    case 502:
    case 503:
    case 504:
      return {
        code: 'REGISTRY_UNREACHABLE',
        message: `the proxy before ${context.host} answers, Harbor behind it does not (HTTP ${status})`,
        hint: 'It may be starting: wait a minute. Otherwise look at the container and the log of harbor-core.',
      };
    default:
      return {
        code: 'REGISTRY_ERROR',
        message: `Harbor at ${context.host} answers HTTP ${status}: ${message || 'no reason given'}`,
        hint:
          status >= 500
            ? 'Look at the log of harbor-core for the request id, and at its health: objdocker registry'
            : 'This Harbor takes the request otherwise than 2.9 and newer do, or a setting of it is in the way.',
      };
  }
}

function unauthorized({ host, username }: RequestContext): Explanation {
  if (username === undefined) {
    return {
      code: 'REGISTRY_UNAUTHORIZED',
      message: `Harbor at ${host} wants a login, and there are no credentials for it`,
      hint: `Give username and password (or passwordFile) in deployment.registry, or: docker login ${host}`,
    };
  }
  return {
    code: 'REGISTRY_UNAUTHORIZED',
    message: `Harbor at ${host} refuses the credentials of ${username}: wrong user or password, or a robot that is disabled or expired`,
    hint: 'Correct username and password of deployment.registry (or docker login); where people sign in through OIDC, use a robot. Harbor also refuses a right password for a second after a wrong one: then try again.',
  };
}

function forbidden({ code, message }: HarborProblem, request: HarborRequest, context: RequestContext): Explanation {
  const { host, username = 'nobody' } = context;
  if (/read.?only/i.test(message)) {
    return {
      code: 'REGISTRY_READ_ONLY',
      message: `Harbor at ${host} is in read-only mode`,
      hint: 'Ask its administrator to lift it (Configuration, System Settings).',
    };
  }
  if (code === 'DENIED' && /exceed|quota/i.test(message)) {
    return {
      code: 'REGISTRY_QUOTA',
      message: `the quota of ${request.project ?? 'the project'} at ${host} is used up: ${message}`,
      hint: 'Delete what is not needed and collect garbage (objdocker harbor-gc), or have the quota raised.',
    };
  }
  if (/CSRF/.test(message)) {
    return {
      code: 'REGISTRY_ERROR',
      message: `Harbor at ${host} takes us for a browser: ${message}`,
      hint: 'A proxy on the way adds a cookie to requests: have it leave /api alone.',
    };
  }
  const hint = context.isRobot()
    ? `Give the robot ${username} this permission (Robot Accounts, Edit), in the right project.`
    : `Check the name; if it is right, have ${username} made a member with a role that may do this.`;
  if (request.project === undefined) {
    return {
      code: 'REGISTRY_FORBIDDEN',
      message: `${username} may not do that at ${host}`,
      hint: context.isRobot()
        ? `Use a robot of the system level that has this permission; ${username} has not.`
        : `Only an administrator of Harbor may, or a system robot with this permission; ${username} is neither.`,
    };
  }
  return {
    code: 'REGISTRY_FORBIDDEN',
    message: `project ${request.project} at ${host} was not found, or ${username} may not do that in it`,
    hint,
  };
}

// Harbor has one code for all that it does not find; its words tell what.
const NOT_FOUND: readonly (readonly [RegExp, ErrorCode, string])[] = [
  [
    /^project .* not found/,
    'REGISTRY_PROJECT_MISSING',
    'Create it (Projects, New Project), or correct deployment.registry.project.',
  ],
  [/^repository .* not found/, 'REPOSITORY_NOT_FOUND', 'See which there are: objdocker harbor-repos'],
  [/^tag .* not found/, 'TAG_NOT_FOUND', 'See which there are: objdocker harbor-artifacts REPO'],
  [/^artifact .* not found/, 'ARTIFACT_NOT_FOUND', 'See which there are: objdocker harbor-artifacts REPO'],
  [/^(garbage collection|execution) /, 'GC_NOT_FOUND', 'See which there were: objdocker harbor-gc --history'],
];

function notFound({ code, message }: HarborProblem, { host }: RequestContext): Explanation {
  const known = NOT_FOUND.find(([pattern]) => pattern.test(message));
  if (known !== undefined) {
    return { code: known[1], message: `Harbor at ${host} says: ${message}`, hint: known[2] };
  }
  return {
    code: code === '' ? 'REGISTRY_NOT_HARBOR' : 'REGISTRY_ERROR',
    message: `${host} answers HTTP 404${message === '' ? '' : `: ${message}`}`,
    hint: 'Correct the host of deployment.registry; if it is right, this Harbor may be too old: 2.9 and newer are known to work.',
  };
}

function precondition({ code, message }: HarborProblem, { host }: RequestContext): Explanation {
  if (code === 'PROJECTPOLICYVIOLATION') {
    return {
      code: 'PULL_PREVENTED',
      message: `Harbor at ${host} lets nobody pull it: ${message}`,
      hint: 'The project prevents vulnerable and unscanned images: scan it, mend it, or put the findings on the allowlist of the project.',
    };
  }
  if (code === 'VIOLATE_FOREIGN_KEY_CONSTRAINT') {
    return {
      code: 'ARTIFACT_IN_INDEX',
      message: `it is one platform of an index at ${host}`,
      hint: 'Delete the index: its untagged images go with it.',
    };
  }
  if (/immutable/i.test(message)) {
    return {
      code: 'TAG_IMMUTABLE',
      message: `Harbor at ${host} says: ${message}`,
      hint: "A rule of the project makes the tag immutable: change the rule (Policy, Tag Immutability), or leave the tag's artifact alone.",
    };
  }
  return {
    code: 'REGISTRY_ERROR',
    message: `Harbor at ${host} refuses (HTTP 412): ${message || 'no reason given'}`,
    hint: 'Look at the policies of the project.',
  };
}
