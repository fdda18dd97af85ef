import type { HttpClient, HttpResponse } from '../lib/http/client.ts';
import { asRecord, parseJson } from '../lib/json.ts';
import { Secret } from '../lib/secret.ts';
import type { Challenge } from './challenge.ts';
import type { RegistryLogin } from './login.ts';
import { basicAuth } from './login.ts';

/** What a token allows, read from its payload. */
export interface GrantedAccess {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

export interface TokenResponse {
  readonly status: number;
  /** The response of HTTP 429, with its Retry-After header. */
  readonly rateLimited?: HttpResponse;
  /** Undefined when the service did not issue a token. */
  readonly token?: Secret;
  /** Undefined when the token is opaque: only a JWT can be read. */
  readonly access?: readonly GrantedAccess[];
  /** The subject of the token; anonymous tokens have none. */
  readonly subject?: string;
}

export interface TokenRequest {
  /** The realm of the challenge, or the URL to use instead. */
  readonly realm: URL;
  readonly service?: string | undefined;
  readonly scopes: readonly string[];
  readonly login: RegistryLogin;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}

/**
 * Requests a token from a token service, as the distribution project describes: GET with Basic for a password, POST for an
 * identity token. The caller decides whether the realm may have the credentials ({@link mayHaveCredentials}).
 *
 * @throws {HttpFailure} when the service does not respond.
 */
export async function requestToken(http: HttpClient, request: TokenRequest): Promise<TokenResponse> {
  const { login, signal, timeoutMs } = request;
  const response =
    login.identityToken === undefined
      ? await http.request(tokenUrl(request), { headers: basicAuth(login), signal, timeoutMs })
      : await http.request(request.realm, {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: refreshForm(request, login.identityToken),
          signal,
          timeoutMs,
        });
  return readResponse(response);
}

/** Scope strings: `repository:axion/api:pull,push`. */
export function repositoryScope(repository: string, ...actions: readonly string[]): string {
  return `repository:${repository}:${actions.join(',')}`;
}

/**
 * Whether to send the registry's credentials to a token service: only over https, to the registry's own origin, or when
 * the registry itself is plain HTTP.
 */
export function mayHaveCredentials(realm: URL, registry: URL): boolean {
  if (realm.protocol !== 'http:' && realm.protocol !== 'https:') return false;
  return realm.protocol === 'https:' || realm.origin === registry.origin || registry.protocol === 'http:';
}

/** The realm of a Bearer challenge as a URL, or undefined when it is none. */
export function realmOf(challenge: Challenge): URL | undefined {
  try {
    return new URL(challenge.parameters.realm ?? '');
  } catch {
    return undefined;
  }
}

function tokenUrl({ realm, service, scopes }: TokenRequest): URL {
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  return url;
}

function refreshForm({ service, scopes }: TokenRequest, identityToken: Secret): string {
  return new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: 'objdocker',
    refresh_token: identityToken.reveal(),
    ...(service === undefined ? {} : { service }),
    ...(scopes.length === 0 ? {} : { scope: scopes.join(' ') }),
  }).toString();
}

function readResponse(response: HttpResponse): TokenResponse {
  const body = asRecord(response.json());
  // Harbor sends both fields, access_token empty.
  const token = [body?.token, body?.access_token].find((value) => typeof value === 'string' && value !== '');
  if (response.status === 429) return { status: response.status, rateLimited: response };
  if (response.status !== 200 || typeof token !== 'string') return { status: response.status };
  return { status: response.status, token: new Secret(token), ...readPayload(token) };
}

function readPayload(token: string): Pick<TokenResponse, 'access' | 'subject'> {
  const payload = asRecord(parseJson(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')));
  if (payload === undefined) return {};
  const access = Array.isArray(payload.access) ? payload.access.flatMap(readAccess) : [];
  const subject = typeof payload.sub === 'string' && payload.sub !== '' ? { subject: payload.sub } : {};
  return { access, ...subject };
}

function readAccess(entry: unknown): GrantedAccess[] {
  const fields = asRecord(entry);
  if (fields === undefined) return [];
  const actions = Array.isArray(fields.actions) ? fields.actions.filter((action) => typeof action === 'string') : [];
  return [{ type: String(fields.type), name: String(fields.name), actions }];
}
