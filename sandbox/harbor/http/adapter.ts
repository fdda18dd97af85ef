import type { RequestListener } from 'node:http';
import type { Env, Hono } from 'hono';
import { sendError } from './headers.ts';

/**
 * Serves an app of routes. Unlike @hono/node-server it adds no Content-Type to an answer without a body,
 * which Harbor's have not.
 */
export function serveWith<E extends Env>(app: Hono<E>): RequestListener {
  return async (incoming, outgoing) => {
    try {
      const { method = 'GET', url = '/' } = incoming;
      const headers = new Headers();
      for (const [name, value] of Object.entries(incoming.headers)) {
        for (const each of Array.isArray(value) ? value : [value ?? '']) headers.append(name, each);
      }
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
      const body = method === 'GET' || method === 'HEAD' ? {} : { body: Buffer.concat(chunks) };
      const answer = await app.fetch(new Request(`http://localhost${url}`, { method, headers, ...body }));
      const bytes = Buffer.from(await answer.arrayBuffer());
      const length = method === 'HEAD' ? {} : { 'content-length': String(bytes.length) };
      outgoing.writeHead(answer.status, { ...Object.fromEntries(answer.headers), ...length }).end(bytes);
    } catch (error) {
      if (outgoing.headersSent) outgoing.destroy();
      else sendError(outgoing, error);
    }
  };
}
