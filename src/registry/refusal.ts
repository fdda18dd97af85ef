import { ObjDockerError } from '../errors.ts';
import { asRecord, asText } from '../lib/json.ts';
import type { RegistryResponse } from './authorized-request.ts';
import { errorMessages } from './error-body.ts';
import type { Explanation } from './failure.ts';
import { hasLogin, isRobotName, type RegistryLogin, rejectionHint, rejectionReason } from './login.ts';

/** A request that a registry refused. */
export interface Refused {
  /** What the request does, as it follows "cannot": `read registry.example.com/axion/api:1.0`. */
  readonly doing: string;
  /** `host[:port]` */
  readonly host: string;
  /** The permission that the request needs. */
  readonly permission: 'pull' | 'push';
  readonly login: RegistryLogin;
}

/** The error for a response by which a registry, or Harbor in front of it, refuses a request for a manifest. */
export function refusal(response: RegistryResponse, refused: Refused): ObjDockerError {
  const { status, headers, loginAccepted } = response;
  const body = response.json();
  const said = errorMessages(body)[0];
  const harborCode = errorCode(body);
  const reasons = { status, message: said ?? '', harborCode, loginAccepted };
  const { code, hint, permission } = explainAccess(reasons, refused) ?? explain(reasons, refused);
  const detail = missingBlob(body);
  const retryAfter = headers['retry-after'];
  const wait = retryAfter === undefined ? undefined : `Retry-After: ${retryAfter.slice(0, 40)}`;
  const reason = [`HTTP ${status}`, wait, said, detail].filter((part) => part !== undefined).join(', ');
  return new ObjDockerError(code, `cannot ${refused.doing}: ${reason}`, {
    hint,
    details: {
      status,
      ...(harborCode === undefined ? {} : { harborCode }),
      ...(permission === undefined ? {} : { permission }),
      ...(headers['x-request-id'] === undefined ? {} : { requestId: headers['x-request-id'] }),
    },
  });
}

interface RefusalReason {
  readonly status: number;
  /** The message of the body; empty when there is none, as in a response to HEAD. */
  readonly message: string;
  readonly harborCode: string | undefined;
  readonly loginAccepted: boolean | undefined;
}

interface Reason extends Omit<Explanation, 'message'> {
  /** The permission that is missing, as Harbor names it for robots. */
  readonly permission?: string;
}

/** Tells a missing permission from a wrong password: Harbor responds to both with 401, and to HEAD without a reason. */
function explainAccess({ status, message, loginAccepted }: RefusalReason, refused: Refused): Reason | undefined {
  const { host, login } = refused;
  const [, named] = /unauthorized to access repository: \S+, action: (\w+)/.exec(message) ?? [];
  const isAboutAccess = named !== undefined || (status === 401 && message === '');
  if (!isAboutAccess || !hasLogin(login)) return undefined;
  const user = login.credentials?.username;
  if (loginAccepted === false && user !== undefined) {
    return { code: 'REGISTRY_UNAUTHORIZED', hint: `${host}: ${rejectionReason(user)}. ${rejectionHint(user)}` };
  }
  if (loginAccepted !== true && named === undefined) return undefined;
  const permission = `repository:${named ?? refused.permission}`;
  return {
    code: 'REGISTRY_FORBIDDEN',
    hint:
      user !== undefined && isRobotName(user)
        ? `Give the robot ${user} the permission ${permission} in that project (Robot Accounts, Edit).`
        : `The account lacks the permission ${permission} at ${host}: ask for a role that has it.`,
    permission,
  };
}

function explain(reason: RefusalReason, { host, permission, login }: Refused): Reason {
  const { status, message: said, harborCode } = reason;
  if (/^project \S+ not found/.test(said)) {
    return {
      code: 'REGISTRY_PROJECT_MISSING',
      hint: `Create the project in Harbor at ${host}, or correct deployment.registry.project.`,
    };
  }
  if (permission === 'push' && (status === 404 || /^(MANIFEST|BLOB|MANIFEST_BLOB)_UNKNOWN$/.test(harborCode ?? ''))) {
    return {
      code: 'REGISTRY_ERROR',
      hint: 'The repository does not have all that the manifest references: push the whole image to it first.',
    };
  }
  const able = permission === 'pull' ? 'read it' : 'push to it';
  switch (status) {
    case 401:
      return {
        code: 'REGISTRY_UNAUTHORIZED',
        hint: hasLogin(login)
          ? `The credentials for ${host} are wrong, or have no permission to ${able}. Check them: objdocker registry ${host}`
          : `Set credentials in deployment.registry, or run: docker login ${host}`,
      };
    case 403:
      return explainForbidden(reason, host, permission);
    case 412:
      return explainPolicy(reason, permission);
    case 429:
      return {
        code: 'REGISTRY_ERROR',
        hint: `${host} limits the rate of requests: log in, or try again later.`,
      };
    default:
      return {
        code: status >= 502 && status <= 504 ? 'REGISTRY_UNREACHABLE' : 'REGISTRY_ERROR',
        hint: `Check it: objdocker registry ${host}`,
      };
  }
}

function explainForbidden({ message: said }: RefusalReason, host: string, permission: string): Reason {
  if (/read.?only/i.test(said)) {
    return {
      code: 'REGISTRY_READ_ONLY',
      hint: `Ask the administrator of Harbor at ${host} to turn read-only mode off (Configuration, System Settings).`,
    };
  }
  if (/proxy (?:cache )?project|proxy cache|pull-?through/i.test(said)) {
    return {
      code: 'REGISTRY_FORBIDDEN',
      hint: 'The project is a proxy cache, which takes no push: name another in deployment.registry.project.',
    };
  }
  if (/exceed|quota/i.test(said)) {
    return {
      code: 'REGISTRY_QUOTA',
      hint: 'Delete unused artifacts and run gc (objdocker harbor-gc), or ask for a higher quota of the project.',
    };
  }
  return { code: 'REGISTRY_FORBIDDEN', hint: `Ask for ${permission} permission at ${host}.` };
}

/** Only Harbor responds with 412: to a push over an immutable tag, and to a pull that a policy prevents. */
function explainPolicy({ message: said, harborCode }: RefusalReason, permission: string): Reason {
  if (/immutable/i.test(said)) {
    return {
      code: 'TAG_IMMUTABLE',
      hint: 'A rule of the project makes the tag immutable: change the rule (Policy, Tag Immutability), or use another tag.',
    };
  }
  // The response to HEAD has no body that gives the reason.
  if (harborCode === 'PROJECTPOLICYVIOLATION' || (said === '' && permission === 'pull')) {
    return {
      code: 'PULL_PREVENTED',
      hint: 'The project blocks vulnerable, unscanned or unsigned images: scan the image, fix its findings, sign it, or add the findings to the CVE allowlist of the project.',
    };
  }
  return { code: 'REGISTRY_ERROR', hint: 'Check the policies of the project in Harbor.' };
}

function errorCode(body: unknown): string | undefined {
  return asText(asRecord(firstError(body))?.code);
}

/** The digest that a manifest references and the repository lacks: distribution sends it as the detail of the error. */
function missingBlob(body: unknown): string | undefined {
  const error = asRecord(firstError(body));
  return error?.code === 'MANIFEST_BLOB_UNKNOWN' ? asText(error.detail) : undefined;
}

function firstError(body: unknown): unknown {
  const errors = asRecord(body)?.errors;
  return Array.isArray(errors) ? errors[0] : undefined;
}
