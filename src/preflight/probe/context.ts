import type { HttpClient, HttpRequest, HttpResponse } from '../../lib/http/client.ts';
import { HttpFailure } from '../../lib/http/failure.ts';
import { asRecord } from '../../lib/json.ts';
import { explainHttpFailure, explainTlsExpected, isTlsExpected, tlsHint } from '../../registry/failure.ts';
import type { RegistryLogin } from '../../registry/login.ts';
import type { HarborComponent, ProbeFinding } from './report.ts';

/** A registry to probe, as configured. */
export interface ProbeTarget extends RegistryLogin {
  /** Scheme and host of the API. */
  readonly url: string;
  /** `host[:port]`, for messages. */
  readonly host: string;
  readonly type: 'harbor' | 'plain';
  /** The Harbor project that will be pushed to. */
  readonly project?: string | undefined;
  /** A repository that will be pushed to, without the project. @default 'objdocker' */
  readonly repository?: string | undefined;
  /** Whether missing credentials are an error, not a warning. @default true */
  readonly needsLogin?: boolean | undefined;
  /** Certificates are not checked. The report contains a warning about it. */
  readonly insecureSkipVerify?: boolean | undefined;
}

export interface ProbeOptions {
  readonly http: HttpClient;
  readonly signal?: AbortSignal | undefined;
  /** For each request, in milliseconds. @default 10000 */
  readonly timeoutMs?: number | undefined;
}

/** The state of a probe. */
export interface Probe {
  readonly target: ProbeTarget;
  readonly base: URL;
  readonly http: HttpClient;
  readonly findings: ProbeFinding[];
  components?: readonly HarborComponent[];
  version?: string;
  user?: string;
  /** Sends a request to the registry. The path begins with a slash. */
  request(path: string, request?: HttpRequest): Promise<HttpResponse>;
  readonly limits: Pick<HttpRequest, 'signal' | 'timeoutMs'>;
}

/** Ends a probe early: further requests are pointless. */
export class ProbeEnded extends Error {
  override readonly name = 'ProbeEnded';
  readonly finding: ProbeFinding;

  constructor(finding: ProbeFinding) {
    super(finding.message);
    this.finding = finding;
  }
}

export function createProbe(target: ProbeTarget, options: ProbeOptions): Probe {
  const base = new URL(target.url);
  const limits = { signal: options.signal, timeoutMs: options.timeoutMs ?? 10_000 };
  return {
    target,
    base,
    http: options.http,
    limits,
    findings: [],
    request: (path, request) => options.http.request(new URL(path, base), { ...limits, ...request }),
  };
}

/**
 * Sends the first request. It ends the probe when further requests cannot succeed: nothing listens, the scheme is wrong,
 * the certificate is not trusted, or the registry behind the proxy is down.
 */
export async function firstResponse(probe: Probe, path: string): Promise<HttpResponse> {
  const { host } = probe.target;
  let response: HttpResponse;
  try {
    response = await probe.request(path);
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    if (await speaksOnlyTls(probe, error)) throw new ProbeEnded(speaksTls(host));
    throw new ProbeEnded({ level: 'error', ...explainHttpFailure(error, host) });
  }
  if (probe.base.protocol === 'http:' && isTlsExpected(response)) throw new ProbeEnded(speaksTls(host));
  const target = redirectTarget(response, probe.base);
  if (probe.base.protocol === 'http:' && target?.protocol === 'https:' && target.hostname === probe.base.hostname) {
    throw new ProbeEnded({
      level: 'error',
      code: 'REGISTRY_WRONG_SCHEME',
      message: `${host} redirects plain HTTP to https`,
      hint: tlsHint(host),
    });
  }
  if (response.status >= 502 && response.status <= 504) {
    throw new ProbeEnded({
      level: 'error',
      code: 'REGISTRY_UNREACHABLE',
      message: `the proxy in front of ${host} responds, but the registry behind it does not (HTTP ${response.status})`,
      hint: 'The registry may be starting: try again in a minute. Otherwise check its containers and logs (in Harbor: core).',
    });
  }
  return response;
}

/** Whether a response to `/v2/` comes from a registry: 200, or 401 with a challenge. */
export function speaksDistribution(response: HttpResponse): boolean {
  if (response.headers['docker-distribution-api-version']?.includes('registry/2.0')) return response.status < 500;
  if (response.status === 401) return response.headers['www-authenticate'] !== undefined;
  return response.status === 200 && asRecord(response.json()) !== undefined;
}

/** The target of a redirect; undefined when the response is not a redirect. */
function redirectTarget(response: HttpResponse, base: URL): URL | undefined {
  if (response.status < 300 || response.status > 399 || response.headers.location === undefined) return undefined;
  try {
    return new URL(response.headers.location, base);
  } catch {
    return undefined;
  }
}

/** Tries a TLS handshake: some servers close a plain HTTP connection to a TLS port without a response. */
async function speaksOnlyTls({ base, http, limits }: Probe, failure: HttpFailure): Promise<boolean> {
  if (base.protocol !== 'http:' || !['reset', 'not-http', 'other'].includes(failure.kind)) return false;
  const secure = new URL(base);
  secure.protocol = 'https:';
  // `new URL` drops the default port of a scheme, and https would then use 443.
  if (base.port === '') secure.port = '80';
  try {
    await http.request(secure, { ...limits, method: 'HEAD' });
    return true;
  } catch (error) {
    return error instanceof HttpFailure && error.kind === 'certificate';
  }
}

function speaksTls(host: string): ProbeFinding {
  return { level: 'error', ...explainTlsExpected(host) };
}
