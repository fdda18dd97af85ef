import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { createEngineHttp, type EngineHttp, EngineTimeout } from './engine-http.ts';

const QUESTION_MS = 300;

let server: Server;
let http: EngineHttp;
afterEach(() => {
  http.close();
  server.closeAllConnections();
  server.close();
});

/** An answer that is undefined breaks the connection off, and one that never comes leaves it open. */
async function serve(answer: (request: IncomingMessage) => string | undefined | Promise<string>): Promise<void> {
  server = createServer(async (request, response) => {
    const text = await answer(request);
    if (text === undefined) request.socket.destroy();
    else response.end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  http = createEngineHttp(() => connect({ host: '127.0.0.1', port }), QUESTION_MS);
}

/** A server that is gone for whoever asks a second time on the same connection, as a restarted one is. */
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

describe('a kept connection that the engine has closed', () => {
  it('is replaced for what may be asked again', async () => {
    const { seen } = await serveOncePerConnection();
    await http.json('/first');
    await http.json('/second');
    expect(seen).toEqual(['GET', 'GET', 'GET']);
  });

  it('is an error for what may have been done', async () => {
    const { seen } = await serveOncePerConnection();
    await http.json('/first');
    await expect(http.json('/second', { method: 'POST' })).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(seen).toEqual(['GET', 'POST']);
  });

  it('is an error when a new one breaks off, too', async () => {
    let asked = 0;
    await serve(() => (asked++ === 0 ? '{}' : undefined));
    await http.json('/first');
    await expect(http.json('/second')).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(asked).toBe(3);
  });
});

describe('a server that accepts and never answers', () => {
  it.each([
    ['an object', () => http.json('/x')],
    ['a list', () => http.list('/x')],
    ['a connection', () => http.upgrade('/x')],
  ])('is not asked for ever for %s', async (_what, ask) => {
    await serve(() => new Promise(() => {}));
    await expect(ask()).rejects.toThrow(EngineTimeout);
  });

  it('is not asked for ever when it stops in the middle of an answer', async () => {
    await serve(() => new Promise(() => {}));
    server.prependListener('request', (_, response) => response.write('{'));
    await expect(http.json('/x')).rejects.toThrow(EngineTimeout);
  });
});

describe('many requests at once', () => {
  it('are answered however long the last ones wait for a connection', async () => {
    await serve(async () => {
      await sleep(QUESTION_MS / 2);
      return '{}';
    });
    const answers = await Promise.all(Array.from({ length: 64 }, () => http.json('/x')));
    expect(answers).toHaveLength(64);
  });

  it('may wait on one signal without a warning of a leak', async () => {
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
  it('lets a request that is under way end, and ends its connection then', async () => {
    await serve(async () => {
      await sleep(100);
      return '{"done":true}';
    });
    const connections = () => new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)));
    await http.json('/free');
    const answer = Promise.all([http.json('/one', { method: 'POST' }), http.json('/two', { method: 'POST' })]);
    await sleep(50);
    http.close();
    expect(await answer).toEqual([{ done: true }, { done: true }]);
    await expect.poll(connections).toBe(0);
  });
});

describe('an answer that takes for ever', () => {
  it('keeps no shared connection from others when it has its own', async () => {
    await serve(() => '{}');
    server.prependListener('request', (request, response) => {
      if (request.url === '/slow') {
        response.write('x');
        response.end = () => response;
      }
    });
    const slow = await Promise.all(Array.from({ length: 40 }, () => http.send('/slow', { apart: true })));
    expect(await http.json('/quick', { timeoutMs: 5_000 })).toEqual({});
    for (const answer of slow) answer.destroy();
  });
});

describe('upgrade', () => {
  it('hands over both directions, with what came along with the answer, and closes one at a time', async () => {
    await serve(() => '{}');
    server.on('upgrade', (_, socket) => {
      socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nfirst ');
      let heard = '';
      socket.on('data', (data: Buffer) => (heard += data));
      socket.on('end', () => socket.end(`heard ${heard}`));
    });
    const connection = await http.upgrade('/exec/x/start');
    connection.end('hello');
    let text = '';
    for await (const data of connection) text += data;
    expect(text).toBe('first heard hello');
  });

  it('is refused by the engine with its reason', async () => {
    await serve(() => '{"message":"no"}');
    server.prependListener('request', (_, response) => (response.statusCode = 409));
    await expect(http.upgrade('/exec/x/start')).rejects.toMatchObject({ status: 409, message: 'no' });
  });
});
