/** An error response in Harbor's form: `{"errors":[{"code","message"}]}`. */
export class HarborError extends Error {
  override readonly name = 'HarborError';
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

export const badRequest = (message: string) => new HarborError(400, 'BAD_REQUEST', message);
export const unauthorized = (message = 'unauthorized', headers: Readonly<Record<string, string>> = {}) =>
  new HarborError(401, 'UNAUTHORIZED', message, headers);
export const forbidden = (message = 'forbidden') => new HarborError(403, 'FORBIDDEN', message);
export const denied = (message: string) => new HarborError(403, 'DENIED', message);
export const notFound = (message: string) => new HarborError(404, 'NOT_FOUND', message);
export const conflict = (message: string) => new HarborError(409, 'CONFLICT', message);
export const precondition = (message: string, code = 'PRECONDITION') => new HarborError(412, code, message);
export const broken = () => new HarborError(500, 'UNKNOWN', 'internal server error');

/** The error when a request does not match Harbor's API description. */
export const invalid = (message: string) =>
  new HarborError(422, 'UNPROCESSABLE_ENTITY', `validation failure list:\n${message}`);

export const readOnly = () => denied('The system is in read only mode. Any modification is prohibited.');

/** The body of an error. Go ends it with a line feed. */
export function errorBody(error: HarborError): string {
  return `${JSON.stringify({ errors: [{ code: error.code, message: error.message }] })}\n`;
}
