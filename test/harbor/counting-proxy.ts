import { type SeenRequest, serve, type TestServer } from '../harness/registry-server.ts';

export interface CountingProxy extends TestServer {
  /** The most requests that were between their arrival and their answer at one time. */
  mostInFlight(): number;
}

/**
 * Stands before a server and counts what one client has in flight there, apart from whatever else the server is asked.
 *
 * @param afterwards runs when the server has answered and before the client knows
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
      const answer = await fetch(target + request.url, {
        method: request.method,
        headers: passedOn(request),
        ...(request.body === '' ? {} : { body: request.body }),
      });
      const body = await answer.text();
      await afterwards(request);
      return { status: answer.status, headers: headersOf(answer), body };
    } finally {
      inFlight--;
    }
  });
  return { ...server, mostInFlight: () => most };
}

/** What belongs to a connection, and not to what goes over it. */
const OF_THE_CONNECTION = new Set(['connection', 'keep-alive', 'content-length', 'transfer-encoding', 'host']);

function passedOn({ headers }: SeenRequest): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || OF_THE_CONNECTION.has(name) ? [] : [[name, String(value)]],
    ),
  );
}

function headersOf(answer: Response): Record<string, string> {
  return Object.fromEntries([...answer.headers].filter(([name]) => !OF_THE_CONNECTION.has(name)));
}
