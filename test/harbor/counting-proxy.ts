import { type SeenRequest, serve, type TestServer } from '../harness/registry-server.ts';

export interface CountingProxy extends TestServer {
  /** The requests that have no response yet. */
  inFlight(): number;
  /** The most requests that were in flight at one time. */
  mostInFlight(): number;
}

/**
 * Starts a proxy that counts the requests of one client, apart from other requests to the server.
 *
 * @param afterwards runs between the server's response and the response to the client
 */
export async function startCountingProxy(
  target: string,
  afterwards: (request: SeenRequest) => Promise<void> = async () => {},
): Promise<CountingProxy> {
  let inFlight = 0;
  let most = 0;
  const server = await serve(async (request) => {
    most = Math.max(most, ++inFlight);
    try {
      const response = await fetch(target + request.url, {
        method: request.method,
        headers: passedOn(request),
        ...(request.body === '' ? {} : { body: request.body }),
      });
      const body = await response.text();
      await afterwards(request);
      return { status: response.status, headers: headersOf(response), body };
    } finally {
      inFlight--;
    }
  });
  return { ...server, inFlight: () => inFlight, mostInFlight: () => most };
}

/** Headers of one connection, which a proxy does not pass on. */
const OF_THE_CONNECTION = new Set(['connection', 'keep-alive', 'content-length', 'transfer-encoding', 'host']);

function passedOn({ headers }: SeenRequest): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || OF_THE_CONNECTION.has(name) ? [] : [[name, String(value)]],
    ),
  );
}

function headersOf(response: Response): Record<string, string> {
  return Object.fromEntries([...response.headers].filter(([name]) => !OF_THE_CONNECTION.has(name)));
}
