import { asRecord } from '../lib/json.ts';

/** The messages of a `{"errors":[{"code","message"}]}` body, as registries and Harbor write them; empty for any other. */
export function errorMessages(body: unknown): string[] {
  const errors = asRecord(body)?.errors;
  if (!Array.isArray(errors)) return [];
  return errors.map((error) => String(asRecord(error)?.message ?? asRecord(error)?.code ?? '')).filter(Boolean);
}
