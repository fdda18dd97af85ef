import type { HttpResponse } from '../../lib/http/client.ts';
import { asRecord, asText } from '../../lib/json.ts';
import { wrongShape } from './failure.ts';
import type { HarborAnswer, HarborCall, HarborProblem, HarborSide } from './request.ts';

/** Who was asked, and what is known of the answer beside the response. */
export interface AnswerSide extends HarborSide {
  readonly requestId: string;
  /** The body was not kept: this stands for it. */
  readonly streamed?: { readonly json: unknown } | undefined;
}

export function createAnswer(response: HttpResponse, call: HarborCall, side: AnswerSide): HarborAnswer {
  const { status, headers } = response;
  const claimsJson = headers['content-type']?.includes('json') === true;
  const { streamed } = side;
  const isEmpty = streamed === undefined && response.body.byteLength === 0;
  const json = streamed === undefined ? (isEmpty ? undefined : response.json()) : streamed.json;
  const answer: HarborAnswer = {
    status,
    headers,
    requestId: asText(headers['x-request-id']) ?? side.requestId,
    problem: problemOf(response, json),
    broken: claimsJson && json === undefined && !isEmpty,
    text: () => response.text(),
    read(schema) {
      const result = schema.safeParse(json);
      if (result.success) return result.data;
      throw wrongShape(call, answer, side, json === undefined ? undefined : result.error);
    },
  };
  return answer;
}

function problemOf({ status, headers }: HttpResponse, body: unknown): HarborProblem {
  const errors = asRecord(body)?.errors;
  const first = asRecord(Array.isArray(errors) ? errors[0] : undefined);
  // Validation errors come on several lines.
  const message = (asText(first?.message) ?? '').replace(/\s+/g, ' ').slice(0, 500);
  return { status, code: asText(first?.code) ?? '', message, retryAfter: headers['retry-after']?.slice(0, 40) };
}
