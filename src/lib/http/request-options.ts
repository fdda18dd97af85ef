/** The options of a call that sends one request or several. */
export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
  /** For each request, in milliseconds. @default 30000 */
  readonly timeoutMs?: number | undefined;
  /** No request is repeated after this time of `performance.now()`. @default 90 s after the first attempt */
  readonly deadline?: number | undefined;
}
