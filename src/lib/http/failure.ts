/** Why a request got no response. The modules that use it make the message. */
export type HttpFailureKind =
  | 'dns'
  | 'refused'
  | 'unreachable'
  | 'reset'
  | 'timeout'
  /** The client spoke TLS, the server plain text. */
  | 'not-tls'
  | 'certificate'
  /** The TLS handshake failed, not because of the server's certificate. */
  | 'tls'
  /** The response is not HTTP. */
  | 'not-http'
  | 'too-large'
  | 'proxy'
  | 'other';

/** Why a certificate was rejected. */
export type CertificateProblem =
  | 'untrusted'
  | 'expired'
  | 'not-yet-valid'
  | 'wrong-host'
  | 'revoked'
  /** The server requires a client certificate, and none was sent. */
  | 'client-required'
  /** The server does not trust the client's certificate. */
  | 'client-refused';

export interface HttpFailureOptions {
  readonly certificate?: CertificateProblem | undefined;
  /** The code of Node, undici or OpenSSL: `ECONNREFUSED`, `CERT_HAS_EXPIRED`. */
  readonly reason?: string | undefined;
  readonly cause?: unknown;
}

/** A request that got no response. Its message names the kind and the server, never a header or a query. */
export class HttpFailure extends Error {
  override readonly name = 'HttpFailure';
  readonly kind: HttpFailureKind;
  /** Scheme, host and port of the server. */
  readonly origin: string;
  readonly certificate: CertificateProblem | undefined;
  readonly reason: string | undefined;

  constructor(kind: HttpFailureKind, origin: string, options: HttpFailureOptions = {}) {
    super(`${origin}: ${options.certificate ?? kind}${options.reason === undefined ? '' : ` (${options.reason})`}`, {
      cause: options.cause,
    });
    this.kind = kind;
    this.origin = origin;
    this.certificate = options.certificate;
    this.reason = options.reason;
  }
}

const CERTIFICATE_CODES: ReadonlyMap<string, CertificateProblem> = new Map([
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'untrusted'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'untrusted'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'untrusted'],
  ['UNABLE_TO_GET_ISSUER_CERT', 'untrusted'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'untrusted'],
  ['CERT_UNTRUSTED', 'untrusted'],
  ['CERT_SIGNATURE_FAILURE', 'untrusted'],
  ['INVALID_CA', 'untrusted'],
  ['CERT_REJECTED', 'untrusted'],
  ['CERT_HAS_EXPIRED', 'expired'],
  ['CERT_NOT_YET_VALID', 'not-yet-valid'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'wrong-host'],
  ['HOSTNAME_MISMATCH', 'wrong-host'],
  ['CERT_REVOKED', 'revoked'],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'client-required'],
  ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', 'client-refused'],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'client-refused'],
]);

const KINDS: ReadonlyMap<string, HttpFailureKind> = new Map([
  ['ENOTFOUND', 'dns'],
  ['EAI_AGAIN', 'dns'],
  ['EAI_FAIL', 'dns'],
  ['EAI_NODATA', 'dns'],
  ['EAI_NONAME', 'dns'],
  ['ECONNREFUSED', 'refused'],
  ['ENETUNREACH', 'unreachable'],
  ['EHOSTUNREACH', 'unreachable'],
  ['EADDRNOTAVAIL', 'unreachable'],
  ['EHOSTDOWN', 'unreachable'],
  ['ECONNRESET', 'reset'],
  ['ECONNABORTED', 'reset'],
  ['EPIPE', 'reset'],
  ['UND_ERR_SOCKET', 'reset'],
  ['ETIMEDOUT', 'timeout'],
  ['UND_ERR_CONNECT_TIMEOUT', 'timeout'],
  ['UND_ERR_HEADERS_TIMEOUT', 'timeout'],
  ['UND_ERR_BODY_TIMEOUT', 'timeout'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'not-tls'],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', 'not-tls'],
  ['ERR_SSL_RECORD_LAYER_FAILURE', 'not-tls'],
  ['ERR_SSL_HTTP_REQUEST', 'not-tls'],
  ['UND_ERR_RESPONSE_EXCEEDED_SIZE', 'too-large'],
  ['UND_ERR_PRX_TLS', 'proxy'],
]);

const PLAIN_TEXT_ANSWER = /wrong version number|packet length too long|http request/i;

/** Classifies an error of Node's network stack or of undici, by its code or those of its causes. */
export function classifyNetworkError(error: unknown): Pick<HttpFailure, 'kind' | 'certificate' | 'reason'> {
  for (const link of chainOf(error)) {
    const reason = codeOf(link);
    const certificate = reason === undefined ? undefined : CERTIFICATE_CODES.get(reason);
    if (certificate !== undefined) return { kind: 'certificate', certificate, reason };
    const kind = reason === undefined ? undefined : KINDS.get(reason);
    if (kind !== undefined && !(kind === 'reset' && causeOf(link) !== undefined)) {
      return { kind, certificate: undefined, reason };
    }
    // undici's parser sets no code when the response does not start as HTTP.
    const unparsed = reason?.startsWith('HPE_') || (link instanceof Error && link.name === 'HTTPParserError');
    if (unparsed) return { kind: 'not-http', certificate: undefined, reason };
    // A plain TLS socket gives OpenSSL's reason in the message only.
    if (reason === 'EPROTO' && link instanceof Error && PLAIN_TEXT_ANSWER.test(link.message)) {
      return { kind: 'not-tls', certificate: undefined, reason };
    }
    if (reason?.startsWith('ERR_SSL_') || reason === 'EPROTO') return { kind: 'tls', certificate: undefined, reason };
  }
  return { kind: 'other', certificate: undefined, reason: codeOf(error) };
}

/** The error and its causes; of an AggregateError, the first error. */
function* chainOf(error: unknown): Generator<unknown> {
  for (let link = error, depth = 0; link !== undefined && depth < 8; link = causeOf(link), depth++) {
    yield link;
    if (link instanceof AggregateError) yield* link.errors.slice(0, 1);
  }
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? (error.cause ?? undefined) : undefined;
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
