import type { z } from 'zod';
import { ObjDockerError } from '../../errors.ts';
import type { HttpFailure } from '../../lib/http/failure.ts';
import {
  type Explained,
  explainHttpFailure,
  explainTlsWanted,
  isTlsComplaint,
  tlsHint,
} from '../../registry/failure.ts';
import { explainProblem } from './explain-status.ts';
import type { HarborAnswer, HarborCall, HarborSide } from './request.ts';

/** The error for an answer that is none. */
export function explainAnswer(answer: HarborAnswer, call: HarborCall, side: HarborSide): ObjDockerError {
  const explained =
    call.explain?.(answer.problem) ?? explainScheme(answer, side) ?? explainProblem(answer.problem, call, side);
  return failure(explained, call, answer);
}

/** The error for a request that got no answer. */
export function unreachable(cause: HttpFailure, call: HarborCall, side: HarborSide): ObjDockerError {
  const { code, message, hint } = explainHttpFailure(cause, side.host);
  const details = { method: call.method ?? 'GET', path: call.path };
  return new ObjDockerError(code, `cannot ${call.doing}: ${message}`, { hint, details, cause });
}

/** The error for an answer whose body ends too early. */
export function brokenAnswer(call: HarborCall, answer: HarborAnswer, side: HarborSide): ObjDockerError {
  const message = `the answer of Harbor at ${side.host} broke off`;
  const hint = 'Something on the way cuts answers short: try again, and look at the proxy before Harbor.';
  return failure({ code: 'REGISTRY_UNREACHABLE', message, hint }, call, answer);
}

/** The error for an answer that lacks what we need; without a `problem`, for one that is no JSON at all. */
export function wrongShape(
  call: HarborCall,
  answer: HarborAnswer,
  side: HarborSide,
  problem: z.ZodError | undefined,
): ObjDockerError {
  if (problem === undefined) {
    const kind = answer.headers['content-type'] ?? 'nothing';
    return failure(
      {
        code: 'REGISTRY_NOT_HARBOR',
        message: `${side.host} answers with ${kind} where Harbor would with JSON`,
        hint: 'Correct the host of deployment.registry; a proxy or a login page may be in the way.',
      },
      call,
      answer,
    );
  }
  const names = problem.issues.map(({ path }) => path.filter((key) => typeof key === 'string').join('.'));
  const missing = [...new Set(names)].map((name) => (name === '' ? 'what was asked for' : `\`${name}\``));
  const message = `Harbor at ${side.host} answered without ${missing.slice(0, 3).join(', ')}`;
  const hint = 'Harbor 2.9 and newer are known to work: look at the version of this one, and report it if it is newer.';
  return failure({ code: 'REGISTRY_ERROR', message, hint }, call, answer);
}

function explainScheme(answer: HarborAnswer, { host }: HarborSide): Explained | undefined {
  if (isTlsComplaint(answer)) return explainTlsWanted(host);
  const { status, headers } = answer;
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

function failure({ code, message, hint }: Explained, call: HarborCall, answer: HarborAnswer): ObjDockerError {
  return new ObjDockerError(code, `cannot ${call.doing}: ${message}`, {
    hint,
    details: {
      status: answer.status,
      ...(answer.problem.code === '' ? {} : { harborCode: answer.problem.code }),
      requestId: answer.requestId,
      method: call.method ?? 'GET',
      path: call.path,
    },
  });
}
