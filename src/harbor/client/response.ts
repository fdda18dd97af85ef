import type { HttpResponse } from '../../lib/http/client.ts';
import { asRecord, asText } from '../../lib/json.ts';
import { shapeError } from './failure.ts';
import type { HarborProblem, HarborRequest, HarborResponse, RequestContext } from './request.ts';

/** The context of a response, for its errors. */
export interface ResponseContext extends RequestContext {
  readonly requestId: string;
  /** Replaces a body that was read as a stream. */
  readonly streamed?: { readonly json: unknown } | undefined;
}

export function createResponse(
  httpResponse: HttpResponse,
  request: HarborRequest,
  context: ResponseContext,
): HarborResponse {
  const { status, headers } = httpResponse;
  const claimsJson = headers['content-type']?.includes('json') === true;
  const { streamed } = context;
  const isEmpty = streamed === undefined && httpResponse.body.byteLength === 0;
  const json = streamed === undefined ? (isEmpty ? undefined : httpResponse.json()) : streamed.json;
  const response: HarborResponse = {
    status,
    headers,
    requestId: asText(headers['x-request-id']) ?? context.requestId,
    problem: problemOf(httpResponse, json),
    broken: claimsJson && json === undefined && !isEmpty,
    text: () => httpResponse.text(),
    read(schema) {
      const result = schema.safeParse(json);
      if (result.success) return result.data;
      throw shapeError(request, response, context, json === undefined ? undefined : result.error);
    },
  };
  return response;
}

function problemOf({ status, headers }: HttpResponse, body: unknown): HarborProblem {
  const errors = asRecord(body)?.errors;
  const first = asRecord(Array.isArray(errors) ? errors[0] : undefined);
  // Validation errors have several lines.
  const message = (asText(first?.message) ?? '').replace(/\s+/g, ' ').slice(0, 500);
  return { status, code: asText(first?.code) ?? '', message, retryAfter: headers['retry-after']?.slice(0, 40) };
}
