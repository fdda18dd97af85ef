import type { HttpClient, HttpRequest, HttpResponse } from '../lib/http/client.ts';
import { readRetryAfter, retry, serverTime } from '../lib/retry.ts';
import { challengeOf } from './challenge.ts';
import { basicAuth, bearerAuth, hasLogin, type RegistryLogin } from './login.ts';
import { mayHaveCredentials, realmOf, requestToken } from './token.ts';

const MAX_REDIRECTS = 3;

/** Sends requests to one registry and logs in when it sends a challenge. `scope` is the scope of the token. */
export type AuthorizedRequest = (path: string, scope: string, request?: RegistryRequest) => Promise<RegistryResponse>;

/** A response, and whether the token service accepted the login: undefined when it need not, or does not tell. */
export interface RegistryResponse extends HttpResponse {
  readonly loginAccepted?: boolean | undefined;
}

/** The result of a challenge; empty when it needs a login that we do not have. */
interface Authorization {
  readonly headers?: Record<string, string> | undefined;
  readonly loginAccepted?: boolean | undefined;
  /** The token service limits the rate of requests. */
  readonly rateLimited?: HttpResponse | undefined;
}

interface RegistryRequest extends HttpRequest {
  /** A rate-limited request (HTTP 429) is not repeated after this time of `performance.now()`. */
  readonly deadline?: number | undefined;
}

/**
 * Makes an {@link AuthorizedRequest}: the first request has no credentials. The header that the registry's 401
 * requests (Basic, or a Bearer token of its realm) is kept for later requests with the same scope.
 */
export function createAuthorizedRequest(http: HttpClient, registry: URL, login: RegistryLogin): AuthorizedRequest {
  const known = new Map<string, Authorization>();

  const authorize = async (response: HttpResponse, scope: string, request: HttpRequest): Promise<Authorization> => {
    const header = response.headers['www-authenticate'];
    const bearer = challengeOf(header, 'bearer');
    const realm = bearer && realmOf(bearer);
    if (bearer === undefined || realm === undefined) {
      const takesBasic = challengeOf(header, 'basic') !== undefined && login.credentials !== undefined;
      return takesBasic ? { headers: basicAuth(login) } : {};
    }
    const { token, access, subject, rateLimited } = await requestToken(http, {
      realm,
      service: bearer.parameters.service,
      scopes: [bearer.parameters.scope ?? scope],
      login: mayHaveCredentials(realm, registry) ? login : {},
      signal: request.signal,
      timeoutMs: request.timeoutMs,
    });
    // For a wrong password Harbor issues a token without a subject, which grants what everybody may do.
    const loginAccepted = access === undefined || !hasLogin(login) ? undefined : subject !== undefined;
    return { rateLimited, headers: token && bearerAuth(token), loginAccepted };
  };

  const sendOnce: AuthorizedRequest = async (path, scope, request = {}) => {
    const url = new URL(path, registry);
    const earlier = known.get(scope);
    const first = await follow(http, url, withHeaders(request, earlier?.headers));
    if (first.status !== 401) return { ...first, loginAccepted: earlier?.loginAccepted };
    const authorization = await authorize(first, scope, request);
    const { headers, rateLimited, loginAccepted } = authorization;
    if (headers === undefined) return rateLimited ?? first;
    known.set(scope, authorization);
    return { ...(await follow(http, url, withHeaders(request, headers))), loginAccepted };
  };

  return (path, scope, request = {}) => sendRespectingRateLimit(() => sendOnce(path, scope, request), request);
}

/** Repeats a rate-limited request (HTTP 429) after its Retry-After, until the deadline. The server has not processed it. */
async function sendRespectingRateLimit(
  send: () => Promise<RegistryResponse>,
  { deadline, signal }: RegistryRequest,
): Promise<RegistryResponse> {
  return retry(send, {
    deadline,
    signal,
    retryOn({ status, headers }) {
      if (status !== 429) return undefined;
      return { retryAfterMs: readRetryAfter(headers['retry-after'], serverTime(headers.date) ?? new Date()) };
    },
  });
}

/** Follows the redirects of a read; another host gets no Authorization header. */
async function follow(http: HttpClient, url: URL, request: HttpRequest, redirects = 0): Promise<HttpResponse> {
  const response = await http.request(url, request);
  const location = response.headers.location;
  const reads = request.method === undefined || request.method === 'GET' || request.method === 'HEAD';
  if (
    !reads ||
    response.status < 300 ||
    response.status > 399 ||
    location === undefined ||
    redirects === MAX_REDIRECTS
  ) {
    return response;
  }
  if (!URL.canParse(location, url.href)) return response;
  const target = new URL(location, url);
  if (target.origin === url.origin) return follow(http, target, request, redirects + 1);
  const { authorization: _, ...headers } = request.headers ?? {};
  return follow(http, target, { ...request, headers }, redirects + 1);
}

function withHeaders(request: HttpRequest, headers: Readonly<Record<string, string>> | undefined): HttpRequest {
  return headers === undefined ? request : { ...request, headers: { ...request.headers, ...headers } };
}
