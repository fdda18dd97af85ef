import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createEngineHttp, type EngineHttp, EngineTimeout } from './http.ts';

const HOUR_MS = 3_600_000;

let server: Server;
let http: EngineHttp;
afterEach(() => {
  vi.useRealTimers();
  http.close();
  server.closeAllConnections();
  server.close();
});

/** Serves responses. An undefined response closes the connection; one that never resolves leaves it open. */
async function serve(respond: (request: IncomingMessage) => string | undefined | Promise<string>): Promise<void> {
  server = createServer(async (request, response) => {
    const text = await respond(request);
    if (text === undefined) request.socket.destroy();
    else response.end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  http = createEngineHttp(() => connect({ host: '127.0.0.1', port }), HOUR_MS);
}

/** Serves one request per connection and closes it at the second, like a server that restarted. */
async function serveOncePerConnection(): Promise<{ seen: string[] }> {
  const served = new WeakSet<object>();
  const seen: string[] = [];
  await serve((request) => {
    seen.push(request.method ?? '');
    if (served.has(request.socket)) return undefined;
    served.add(request.socket);
    return '{}';
  });
  return { seen };
}

/** Replaces the clock of the deadlines by one that {@link passAnHour} moves. */
function fakeTimers(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
}

function passAnHour(): Promise<never> {
  vi.advanceTimersByTime(HOUR_MS);
  return new Promise(() => {});
}

describe('a kept-alive connection that the engine closed', () => {
  it('is replaced for a GET, which may be repeated', async () => {
    const { seen } = await serveOncePerConnection();
    await http.json('/first');
    await http.json('/second');
    expect(seen).toEqual(['GET', 'GET', 'GET']);
  });

  it('fails a POST, which may have taken effect', async () => {
    const { seen } = await serveOncePerConnection();
    await http.json('/first');
    await expect(http.json('/second', { method: 'POST' })).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(seen).toEqual(['GET', 'POST']);
  });

  it('fails when the new connection is closed, too', async () => {
    let requests = 0;
    await serve(() => (requests++ === 0 ? '{}' : undefined));
    await http.json('/first');
    await expect(http.json('/second')).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(requests).toBe(3);
  });
});

describe('a server that accepts connections and never responds', () => {
  it.each([
    ['an object', () => http.json('/x')],
    ['a list', () => http.list('/x')],
    ['a connection', () => http.upgrade('/x')],
  ])('fails a request for %s at the deadline', async (_what, send) => {
    await serve(passAnHour);
    fakeTimers();
    await expect(send()).rejects.toThrow(EngineTimeout);
  });

  it('fails a request whose response stops in the middle', async () => {
    await serve(() => new Promise(() => {}));
    server.prependListener('request', (_, response) => response.write('{'));
    await expect(http.json('/x', { timeoutMs: 100 })).rejects.toThrow(EngineTimeout);
  });
});

describe('many parallel requests', () => {
  it('have a deadline that does not count the wait for a connection', async () => {
    // 64 requests share 16 connections. Each round takes most of the deadline, so the last ones wait for longer than it.
    const waiting: (() => void)[] = [];
    await serve(async () => {
      await new Promise<void>((resolve) => {
        if (waiting.push(resolve) < 16) return;
        vi.advanceTimersByTime(HOUR_MS * 0.9);
        for (const respond of waiting.splice(0)) respond();
      });
      return '{}';
    });
    fakeTimers();
    const responses = await Promise.all(Array.from({ length: 64 }, () => http.json('/x')));
    expect(responses).toHaveLength(64);
  });

  it('share one signal without a leak warning', async () => {
    await serve(() => '{}');
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on('warning', onWarning);
    const { signal } = new AbortController();
    await Promise.all(Array.from({ length: 30 }, () => http.json('/x', { signal })));
    await sleep(10);
    process.off('warning', onWarning);
    expect(warnings).toEqual([]);
  });
});

describe('close', () => {
  it('lets running requests finish, then closes their connections', async () => {
    const waiting: (() => void)[] = [];
    await serve(async ({ url }) => {
      if (url !== '/free') {
        await new Promise<void>((resolve) => {
          if (waiting.push(resolve) < 2) return;
          http.close();
          for (const respond of waiting) respond();
        });
      }
      return '{"done":true}';
    });
    const connections = () => new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)));
    await http.json('/free');
    const responses = Promise.all([http.json('/one', { method: 'POST' }), http.json('/two', { method: 'POST' })]);
    expect(await responses).toEqual([{ done: true }, { done: true }]);
    await expect.poll(connections, { timeout: 60_000 }).toBe(0);
  });
});

describe('a response that never ends', () => {
  it('does not block other requests when it has its own connection', async () => {
    await serve(() => '{}');
    server.prependListener('request', (request, response) => {
      if (request.url === '/slow') {
        response.write('x');
        response.end = () => response;
      }
    });
    const slow = await Promise.all(Array.from({ length: 40 }, () => http.send('/slow', { ownConnection: true })));
    expect(await http.json('/quick')).toEqual({});
    for (const response of slow) response.destroy();
  });
});

describe('upgrade', () => {
  it('returns a duplex stream with the bytes that came with the response, and closes one direction at a time', async () => {
    await serve(() => '{}');
    server.on('upgrade', (_, socket) => {
      socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nfirst ');
      let received = '';
      socket.on('data', (data: Buffer) => (received += data));
      socket.on('end', () => socket.end(`received ${received}`));
    });
    const connection = await http.upgrade('/exec/x/start');
    connection.end('hello');
    let text = '';
    for await (const data of connection) text += data;
    expect(text).toBe('first received hello');
  });

  it('fails with the reason of the engine', async () => {
    await serve(() => '{"message":"no"}');
    server.prependListener('request', (_, response) => (response.statusCode = 409));
    await expect(http.upgrade('/exec/x/start')).rejects.toMatchObject({ status: 409, message: 'no' });
  });
});
