import { inspect } from 'node:util';

const MASK = '***';

/**
 * A secret string. Printing, interpolating, serializing or inspecting it gives `***`.
 * Only {@link Secret.reveal} returns the text, so that every use can be found by that name.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The plain text, for a protocol that needs it and never for a message. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}

/** A user name and its password or token. */
export interface Credentials {
  readonly username: string;
  readonly password: Secret;
}

/** base64 of `user:password`, as HTTP Basic (RFC 7617) and docker's config.json write it. */
export function encodeCredentials({ username, password }: Credentials): string {
  return Buffer.from(`${username}:${password.reveal()}`).toString('base64');
}

/** The value of an Authorization header. */
export function basicAuthorization(credentials: Credentials): string {
  return `Basic ${encodeCredentials(credentials)}`;
}

/**
 * Makes a function that masks credentials in the output of another program, in every encoding that ObjDocker passes on:
 * plain, URL-encoded, as a JSON string, and base64 or base64url of the password and of `user:password`.
 *
 * For captured output only: ObjDocker's own messages never contain a secret.
 */
export function createRedactor(secrets: Iterable<Credentials | Secret>): (text: string) => string {
  const needles = new Set<string>();
  for (const secret of secrets) {
    for (const form of secret instanceof Secret ? formsOf(secret.reveal()) : credentialForms(secret)) {
      // One or two characters occur in any text: masking them would hide the text instead of the secret.
      if (form.length > 2) needles.add(form);
    }
  }
  const longestFirst = [...needles].sort((a, b) => b.length - a.length);
  return (text) => longestFirst.reduce((masked, needle) => masked.replaceAll(needle, MASK), text);
}

function credentialForms({ username, password }: Credentials): string[] {
  const plain = password.reveal();
  if (plain === '') return [];
  return [...formsOf(plain), ...base64Forms(`${username}:${plain}`)];
}

function formsOf(plain: string): string[] {
  if (plain === '') return [];
  return [plain, encodeURIComponent(plain), JSON.stringify(plain).slice(1, -1), ...base64Forms(plain)];
}

function base64Forms(text: string): string[] {
  const bytes = Buffer.from(text);
  return [bytes.toString('base64'), bytes.toString('base64url'), bytes.toString('base64').replace(/=+$/, '')];
}
