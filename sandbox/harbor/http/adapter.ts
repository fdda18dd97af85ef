import type { RequestListener } from 'node:http';
import type { Env, Hono } from 'hono';
import { sendError } from './headers.ts';

/**
 * Serves an app of routes.
 *
 * Unlike @hono/node-server it adds no Content-Type to a response without a body, as Harbor.
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
      const response = await app.fetch(new Request(`http://localhost${url}`, { method, headers, ...body }));
      const bytes = Buffer.from(await response.arrayBuffer());
      const length = method === 'HEAD' ? {} : { 'content-length': String(bytes.length) };
      outgoing.writeHead(response.status, { ...Object.fromEntries(response.headers), ...length }).end(bytes);
    } catch (error) {
      if (outgoing.headersSent) outgoing.destroy();
      else sendError(outgoing, error);
    }
  };
}
