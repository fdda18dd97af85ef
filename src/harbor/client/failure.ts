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

/** The error for a response whose status the request does not accept. */
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

/** The error for a request without a response. */
export function unreachableError(cause: HttpFailure, request: HarborRequest, context: RequestContext): ObjDockerError {
  const { code, message, hint } = explainHttpFailure(cause, context.host);
  const details = { method: request.method ?? 'GET', path: request.path };
  return new ObjDockerError(code, `cannot ${request.doing}: ${message}`, { hint, details, cause });
}

/** The error for a response whose body ends too early. */
export function truncatedError(
  request: HarborRequest,
  response: HarborResponse,
  context: RequestContext,
): ObjDockerError {
  const message = `the response of Harbor at ${context.host} was truncated`;
  const hint = 'Try again. If it happens again, check the proxy in front of Harbor.';
  return failure({ code: 'REGISTRY_UNREACHABLE', message, hint }, request, response);
}

/** The error for a response that lacks fields; without a `problem`, for one that is not JSON. */
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
        message: `${context.host} responded with ${kind} instead of JSON`,
        hint: 'Correct the host in deployment.registry. The response may come from a proxy or a login page.',
      },
      request,
      response,
    );
  }
  const names = problem.issues.map(({ path }) => path.filter((key) => typeof key === 'string').join('.'));
  const missing = [...new Set(names)].map((name) => (name === '' ? 'the expected content' : `\`${name}\``));
  const message = `the response of Harbor at ${context.host} lacks ${missing.slice(0, 3).join(', ')}`;
  const hint = 'Check the version of this Harbor: 2.9 and newer are supported. If it is newer, report this as a bug.';
  return failure({ code: 'REGISTRY_ERROR', message, hint }, request, response);
}

function explainScheme(response: HarborResponse, { host }: RequestContext): Explanation | undefined {
  if (isTlsExpected(response)) return explainTlsExpected(host);
  const { status, headers } = response;
  if (status < 300 || status > 399) return undefined;
  const location = headers.location ?? '';
  if (location.startsWith('https:')) {
    return { code: 'REGISTRY_WRONG_SCHEME', message: `${host} redirects plain HTTP to https`, hint: tlsHint(host) };
  }
  return {
    code: 'REGISTRY_NOT_HARBOR',
    message: `${host} redirects to another address (HTTP ${status})`,
    hint: 'Set the host in deployment.registry to the one that it redirects to.',
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
      ...(code === 'REGISTRY_FORBIDDEN' && request.permission !== undefined ? { permission: request.permission } : {}),
      requestId: response.requestId,
      method: request.method ?? 'GET',
      path: request.path,
    },
  });
}
