import type { z } from 'zod';
import { ObjDockerError } from '../../errors.ts';
import type { HttpFailure } from '../../lib/http/failure.ts';
import {
  type Explanation,
  explainHttpFailure,
  explainTlsExpected,
  isTlsExpected,
  tlsHint,
} from '../../registry/failure.ts';
import { explainStatus } from './explain-status.ts';
import type { HarborRequest, HarborResponse, RequestContext } from './request.ts';

/** The error for an answer that is none. */
export function responseError(
  response: HarborResponse,
  request: HarborRequest,
  context: RequestContext,
): ObjDockerError {
  const explained =
    request.explain?.(response.problem) ??
    explainScheme(response, context) ??
    explainStatus(response.problem, request, context);
  return failure(explained, request, response);
}

/** The error for a request that got no answer. */
export function unreachableError(cause: HttpFailure, request: HarborRequest, context: RequestContext): ObjDockerError {
  const { code, message, hint } = explainHttpFailure(cause, context.host);
  const details = { method: request.method ?? 'GET', path: request.path };
  return new ObjDockerError(code, `cannot ${request.doing}: ${message}`, { hint, details, cause });
}

/** The error for an answer whose body ends too early. */
export function truncatedError(
  request: HarborRequest,
  response: HarborResponse,
  context: RequestContext,
): ObjDockerError {
  const message = `the answer of Harbor at ${context.host} broke off`;
  const hint = 'Something on the way cuts answers short: try again, and look at the proxy before Harbor.';
  return failure({ code: 'REGISTRY_UNREACHABLE', message, hint }, request, response);
}

/** The error for an answer that lacks what we need; without a `problem`, for one that is no JSON at all. */
export function shapeError(
  request: HarborRequest,
  response: HarborResponse,
  context: RequestContext,
  problem: z.ZodError | undefined,
): ObjDockerError {
  if (problem === undefined) {
    const kind = response.headers['content-type'] ?? 'nothing';
    return failure(
      {
        code: 'REGISTRY_NOT_HARBOR',
        message: `${context.host} answers with ${kind} where Harbor would with JSON`,
        hint: 'Correct the host of deployment.registry; a proxy or a login page may be in the way.',
      },
      request,
      response,
    );
  }
  const names = problem.issues.map(({ path }) => path.filter((key) => typeof key === 'string').join('.'));
  const missing = [...new Set(names)].map((name) => (name === '' ? 'what was asked for' : `\`${name}\``));
  const message = `Harbor at ${context.host} answered without ${missing.slice(0, 3).join(', ')}`;
  const hint = 'Harbor 2.9 and newer are known to work: look at the version of this one, and report it if it is newer.';
  return failure({ code: 'REGISTRY_ERROR', message, hint }, request, response);
}

function explainScheme(response: HarborResponse, { host }: RequestContext): Explanation | undefined {
  if (isTlsExpected(response)) return explainTlsExpected(host);
  const { status, headers } = response;
  if (status < 300 || status > 399) return undefined;
  const location = headers.location ?? '';
  if (location.startsWith('https:')) {
    return { code: 'REGISTRY_WRONG_SCHEME', message: `${host} sends plain HTTP on to https`, hint: tlsHint(host) };
  }
  return {
    code: 'REGISTRY_NOT_HARBOR',
    message: `${host} sends us elsewhere (HTTP ${status})`,
    hint: 'Correct the host of deployment.registry: give the one that it redirects to.',
  };
}

function failure(
  { code, message, hint }: Explanation,
  request: HarborRequest,
  response: HarborResponse,
): ObjDockerError {
  return new ObjDockerError(code, `cannot ${request.doing}: ${message}`, {
    hint,
    details: {
      status: response.status,
      ...(response.problem.code === '' ? {} : { harborCode: response.problem.code }),
      requestId: response.requestId,
      method: request.method ?? 'GET',
      path: request.path,
    },
  });
}
