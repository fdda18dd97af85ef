import type { z } from 'zod';
import type { HttpRequest, HttpResponse } from '../../lib/http/client.ts';
import type { Explanation } from '../../registry/failure.ts';

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** For each request, in milliseconds. @default 30000 */
  readonly timeoutMs?: number | undefined;
  /** No request is repeated after this time of `performance.now()`. @default when the policy says */
  readonly deadline?: number | undefined;
}

/** One call of Harbor's API. */
export interface HarborRequest {
  /** What the request does, as it follows "cannot": `list the repositories of axion`. */
  readonly doing: string;
  readonly method?: HttpRequest['method'];
  /** The project that it is about. */
  readonly project?: string | undefined;
  /** What an answer means here that means something else elsewhere. */
  readonly explain?: ((problem: HarborProblem) => Explanation | undefined) | undefined;
  /** Below `/api/v2.0`, encoded: see `refs.ts`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean>> | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** @default 'application/json' */
  readonly accept?: string | undefined;
  /** Statuses that are answers, beside 200 to 299. */
  readonly alsoAccept?: readonly number[] | undefined;
  /**
   * Whether it may be sent again when no answer came, or one that says "not now". What was declined with HTTP 429 was not
   * carried out, and is sent again in any case.
   *
   * @default true for all but POST and PATCH
   */
  readonly repeatable?: boolean | undefined;
  readonly maxBodyBytes?: number | undefined;
  /** Reads the body of a 200 as it comes, instead of the answer: a new reader for each attempt. */
  readonly reader?: (() => BodyReader) | undefined;
}

/** Reads a body that is too long to be held as a whole. */
export interface BodyReader {
  write(chunk: Uint8Array): void;
  /** The JSON that stands for the body, or undefined when it is none, or was cut off: then it is asked for again. */
  end(): unknown;
}

/** Harbor's own words for what went wrong. */
export interface HarborProblem {
  readonly status: number;
  /** `NOT_FOUND`, `PRECONDITION`; empty when the body says none. */
  readonly code: string;
  readonly message: string;
  /** The header of an answer that says "not now": seconds, or a date. */
  readonly retryAfter?: string | undefined;
}

/** What Harbor answered. */
export interface HarborResponse {
  readonly status: number;
  readonly headers: HttpResponse['headers'];
  /** Harbor's number of the request, which is ours where it kept it: it is in Harbor's log. */
  readonly requestId: string;
  /** The first error of the body; empty strings where there is none. */
  readonly problem: HarborProblem;
  /** The body calls itself JSON and is none: it was cut off on the way. */
  readonly broken: boolean;
  text(): string;
  /**
   * The body as what it should be; fields that the schema does not name are left alone.
   *
   * @throws {ObjDockerError} REGISTRY_NOT_HARBOR when it is no JSON, REGISTRY_ERROR when something is missing.
   */
  read<T>(schema: z.ZodType<T>): T;
}

/** Who speaks to which Harbor. */
export interface RequestContext {
  readonly host: string;
  readonly username: string | undefined;
  readonly isRobot: () => boolean;
}
