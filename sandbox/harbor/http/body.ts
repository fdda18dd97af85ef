import type { Context } from 'hono';
import { invalid } from './errors.ts';

/** Reads the JSON object of a request. `what` is the name of the parameter in Harbor's API description. @throws {HarborError} 422 */
export async function readBody(c: Context, what: string): Promise<Record<string, unknown>> {
  const text = await c.req.text();
  const type = (c.req.header('Content-Type') ?? 'application/octet-stream').split(';')[0]?.trim() ?? '';
  if (text === '') throw invalid(`${what} in body is required`);
  if (type !== 'application/json') {
    throw invalid(`unsupported media type ${JSON.stringify(type)}, only [application/json] are allowed`);
  }
  return parse(text, what);
}

function parse(text: string, what: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Reported below.
  }
  throw invalid(`parsing ${what} body from "" failed, because unexpected EOF`);
}

export const textOf = (value: unknown, fallback = ''): string => (typeof value === 'string' ? value : fallback);

export const objectOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
