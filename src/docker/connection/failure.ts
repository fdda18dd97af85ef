import { isObjDockerError, ObjDockerError } from '../../errors.ts';
import type { Environment } from '../../lib/environment.ts';
import { classifyNetworkError } from '../../lib/http/failure.ts';
import type { EngineEndpoint } from './endpoint.ts';
import { EngineHttpError, EngineTimeout } from './http.ts';
import { explainSsh, sshFailure } from './ssh-failure.ts';
import { startHint } from './start-hint.ts';

/** Makes the error for a failed connection or request: what failed, on which engine, and what to do. */
export async function explainEngineFailure(
  error: unknown,
  endpoint: EngineEndpoint,
  environment: Pick<Environment, 'env'>,
): Promise<ObjDockerError> {
  if (isObjDockerError(error)) return error;
  const at = `the engine at ${endpoint.url} (${endpoint.source})`;
  const ssh = sshFailure(error);
  if (ssh !== undefined) return explainSsh(ssh, at);
  if (error instanceof EngineTimeout) {
    return failure(
      'ENGINE_UNREACHABLE',
      `${at} does not respond: ${error.message}`,
      'It may hang or be overloaded: read its log, or restart it.',
      error,
    );
  }
  if (error instanceof EngineHttpError) return explainStatus(error, at);
  const { kind, certificate, reason } = classifyNetworkError(error);
  if (endpoint.address.kind === 'unix') return explainSocket(error, reason, at, endpoint.address.path, environment);
  if (certificate !== undefined) return explainCertificate(certificate, at, endpoint, error);
  switch (kind) {
    case 'not-tls':
      return failure(
        'ENGINE_TLS',
        `cannot connect with TLS: ${at} uses plain HTTP`,
        "Unset DOCKER_TLS_VERIFY and DOCKER_TLS, or use the engine's TLS port (usually 2376).",
        error,
      );
    case 'tls':
      return failure(
        'ENGINE_TLS',
        `the TLS handshake with ${at} failed: ${reason}`,
        'Check that the port is the TLS port and that both sides support TLS 1.2.',
        error,
      );
    case 'not-http':
      return failure(
        'ENGINE_UNREACHABLE',
        `the server at ${endpoint.url} (${endpoint.source}) does not speak HTTP: it is not a container engine, or it requires TLS`,
        'For a TLS engine set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH; otherwise correct the address.',
        error,
      );
    case 'dns':
      return failure(
        'ENGINE_UNREACHABLE',
        `cannot connect to ${at}: the host name does not resolve`,
        'Correct the host name, or check the DNS settings of this machine.',
        error,
      );
    case 'refused':
      return failure(
        'ENGINE_UNREACHABLE',
        `cannot connect to ${at}: connection refused`,
        'Start the engine with a TCP listener, or correct the port (2375 plain, 2376 TLS).',
        error,
      );
    case 'reset':
      return failure(
        'ENGINE_UNREACHABLE',
        `${at} closed the connection without a response`,
        'If it is a TLS engine, set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH; otherwise read its log.',
        error,
      );
    case 'timeout':
    case 'unreachable':
      return failure(
        'ENGINE_UNREACHABLE',
        `cannot reach ${at}: ${reason ?? kind}`,
        'Check the address, the route and the firewalls on the way.',
        error,
      );
    default:
      return failure(
        'ENGINE_UNREACHABLE',
        `cannot reach ${at}: ${error instanceof Error ? error.message : String(error)}`,
        'Try the same address with the docker client: docker version',
        error,
      );
  }
}

async function explainSocket(
  error: unknown,
  reason: string | undefined,
  at: string,
  path: string,
  environment: Pick<Environment, 'env'>,
): Promise<ObjDockerError> {
  switch (reason) {
    case 'ENOENT':
    case 'ENOTDIR':
      return failure(
        'ENGINE_UNREACHABLE',
        `cannot connect to ${at}: the socket ${path} does not exist`,
        await startHint(environment),
        error,
      );
    case 'ECONNREFUSED':
      return failure(
        'ENGINE_UNREACHABLE',
        `cannot connect to ${at}: nothing listens on the socket ${path}`,
        await startHint(environment),
        error,
      );
    case 'EACCES':
    case 'EPERM':
      return failure(
        'ENGINE_PERMISSION',
        `permission denied on the socket ${path} of ${at}`,
        'Join the group that owns the socket (sudo usermod -aG docker "$USER", then log in again), or use sudo.',
        error,
      );
    case 'ENOTSOCK':
    case 'EINVAL':
      return failure(
        'ENGINE_UNREACHABLE',
        `cannot connect to ${path}: it is not a usable socket (${reason})`,
        'Correct the address. The path of a socket has at most 107 characters.',
        error,
      );
    default:
      return failure(
        'ENGINE_UNREACHABLE',
        `${at} closed the connection: ${reason ?? 'unknown reason'}`,
        "Read the engine's log: it may have restarted or crashed.",
        error,
      );
  }
}

function explainCertificate(problem: string, at: string, endpoint: EngineEndpoint, error: unknown): ObjDockerError {
  const folder = endpoint.tls?.directory ?? 'DOCKER_CERT_PATH';
  const [message, hint] = {
    untrusted: [`the certificate of ${at} is not signed by a trusted CA`, `Put the engine's CA into ${folder}/ca.pem.`],
    expired: [`the certificate of ${at} has expired`, "Renew the engine's certificate and restart it."],
    'not-yet-valid': [
      `the certificate of ${at} is not valid yet`,
      'Compare the clocks of this machine and the engine.',
    ],
    'wrong-host': [
      `the certificate of ${at} is for another host name`,
      'Use a name that the certificate contains, or have it reissued for this name.',
    ],
    revoked: [`the certificate of ${at} has been revoked`, "Have the engine's certificate reissued."],
    'client-required': [
      `${at} requires a client certificate, and there is none`,
      `Put cert.pem and key.pem, signed by the engine's CA, into ${folder}.`,
    ],
    'client-refused': [
      `${at} rejects the client certificate in ${folder}`,
      'Have cert.pem and key.pem signed by the CA that the engine trusts.',
    ],
  }[problem] ?? [`the certificate of ${at} is invalid: ${problem}`, 'Check the certificates of both sides.'];
  return failure('ENGINE_TLS', message ?? '', hint ?? '', error);
}

function explainStatus(error: EngineHttpError, at: string): ObjDockerError {
  if (/HTTP request to an HTTPS server/i.test(error.message)) {
    return failure(
      'ENGINE_TLS',
      `cannot connect with plain HTTP: ${at} requires TLS`,
      'Set DOCKER_TLS_VERIFY=1, and DOCKER_CERT_PATH to the directory with ca.pem, cert.pem and key.pem.',
      error,
    );
  }
  if (error.status === 401 || error.status === 403) {
    return failure(
      'ENGINE_PERMISSION',
      `${at} denied the request: ${error.message || `HTTP ${error.status}`}`,
      'An authorization plugin or a proxy in front of the engine denied it: ask its administrator.',
      error,
    );
  }
  return failure(
    'ENGINE_ERROR',
    `${at} responded with HTTP ${error.status}: ${error.message || 'no reason given'}`,
    "Read the engine's log.",
    error,
  );
}

function failure(code: ObjDockerError['code'], message: string, hint: string, cause: unknown): ObjDockerError {
  return new ObjDockerError(code, message, { hint, cause });
}
