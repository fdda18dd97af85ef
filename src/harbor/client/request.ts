import type { z } from 'zod';
import type { HttpRequest, HttpResponse } from '../../lib/http/client.ts';
import type { Explanation } from '../../registry/failure.ts';
import type { HarborPermission } from '../permissions.ts';

/** A request to Harbor's API. */
export interface HarborRequest {
  /** What the request does, as it follows "cannot": `list the repositories of axion`. */
  readonly doing: string;
  readonly method?: HttpRequest['method'];
  /** The permission that it needs; undefined when every login has it. The error of a 403 names it. */
  readonly permission: HarborPermission | undefined;
  /** The project that the request concerns. Error messages name it. */
  readonly project?: string | undefined;
  /** Explains an error response whose meaning is specific to this request; undefined for the general explanation. */
  readonly explain?: ((problem: HarborProblem) => Explanation | undefined) | undefined;
  /** The path below `/api/v2.0`, encoded: see `refs.ts`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean>> | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** @default 'application/json' */
  readonly accept?: string | undefined;
  /** Statuses that are not errors for this request, in addition to 200 to 299. */
  readonly alsoAccept?: readonly number[] | undefined;
  /**
   * Whether to retry when the response is lost or is a 502, 503 or 504. A rate-limited request (HTTP 429) is always
   * retried: the server did not process it.
   *
   * @default true for all but POST and PATCH
   */
  readonly repeatable?: boolean | undefined;
  readonly maxBodyBytes?: number | undefined;
  /** Parses the body of a 200 while it arrives. Each attempt gets a new reader. */
  readonly reader?: (() => BodyReader) | undefined;
}

/** Parses a body that is too long for memory. */
export interface BodyReader {
  write(chunk: Uint8Array): void;
  /** The JSON to use as the body. Undefined when the body is truncated or no JSON: then the request is retried. */
  end(): unknown;
}

/** An error as Harbor's response describes it. */
export interface HarborProblem {
  readonly status: number;
  /** `NOT_FOUND`, `PRECONDITION`; empty when the body has no code. */
  readonly code: string;
  readonly message: string;
  /** The Retry-After header of a 429 or 503: seconds or a date. */
  readonly retryAfter?: string | undefined;
}

/** A response of Harbor. */
export interface HarborResponse {
  readonly status: number;
  readonly headers: HttpResponse['headers'];
  /** The request id in Harbor's log. It is the one that we sent, unless Harbor replaced it. */
  readonly requestId: string;
  /** The first error of the body; its strings are empty when there is none. */
  readonly problem: HarborProblem;
  /** The content type is JSON, but the body is not: it was truncated. */
  readonly broken: boolean;
  text(): string;
  /**
   * Parses the body with a schema. Unknown fields are allowed.
   *
   * @throws {ObjDockerError} REGISTRY_NOT_HARBOR when the body is not JSON, REGISTRY_ERROR when a field is missing.
   */
  read<T>(schema: z.ZodType<T>): T;
}

/** The Harbor and the login of a request, for error messages. */
export interface RequestContext {
  readonly host: string;
  readonly username: string | undefined;
  readonly isRobot: () => boolean;
}
