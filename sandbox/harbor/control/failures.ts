import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Failure, Harbor, SeenRequest } from '../store/harbor.ts';

const LONG_BODY = JSON.stringify({ errors: [{ code: 'UNKNOWN', message: 'failure planned in the sandbox' }] });

/** Responds with the planned failure that matches a request. @returns whether there was one */
export async function injectFailure(
  harbor: Harbor,
  seen: SeenRequest,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const failure = harbor.failures.find((each) => each.left > 0 && matches(each, request));
  if (failure === undefined) return false;
  if (failure.after > 0) {
    failure.after -= 1;
    return false;
  }
  failure.left -= 1;
  seen.failure = failure.kind;
  if (failure.kind === 'lose') {
    loseResponse(response);
    return false;
  }
  request.resume();
  const body = failure.body ?? LONG_BODY;
  const headers = { 'Content-Type': 'application/json; charset=utf-8', ...failure.headers };
  switch (failure.kind) {
    case 'reset':
      request.socket.resetAndDestroy();
      break;
    case 'stall':
      // Send no response.
      break;
    case 'truncate':
      response.writeHead(200, { ...headers, 'Content-Length': String(Buffer.byteLength(body) + 1000) });
      response.write(body, () => request.socket.destroy());
      break;
    case 'status':
      response.writeHead(failure.status, headers).end(body);
  }
  return true;
}

/** Resets the connection when the response would begin. The request itself is handled. */
function loseResponse(response: ServerResponse): void {
  const lose = () => {
    response.socket?.resetAndDestroy();
    return response;
  };
  response.writeHead = lose;
  response.write = () => true;
  response.end = lose;
}

const matches = ({ method, path }: Failure, request: IncomingMessage) =>
  (method === undefined || method === request.method) && (path === undefined || path.test(request.url ?? ''));
