import { isObjDockerError, ObjDockerError } from '../../errors.ts';
import type { Environment } from '../../lib/environment.ts';
import { classifyNetworkError } from '../../lib/http/failure.ts';
import type { EngineEndpoint } from './endpoint.ts';
import { EngineHttpError, EngineTimeout } from './engine-http.ts';
import { explainSsh, sshFailure } from './ssh-failure.ts';
import { startHint } from './start-hint.ts';

/** An error of the connection to an engine as what a user can act on: what failed, on which engine, what to do. */
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
      `${at} does not answer: ${error.message}`,
      'It may be hung or overloaded: look at its log, or restart it.',
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
        `${at} speaks plain HTTP, and TLS was asked for`,
        "Unset DOCKER_TLS_VERIFY and DOCKER_TLS, or use the engine's TLS port (usually 2376).",
        error,
      );
    case 'tls':
      return failure(
        'ENGINE_TLS',
        `the TLS handshake with ${at} failed: ${reason}`,
        'Check that its port is the TLS one and that both sides support TLS 1.2.',
        error,
      );
    case 'not-http':
      return failure(
        'ENGINE_UNREACHABLE',
        `what listens at ${endpoint.url} (${endpoint.source}) does not speak HTTP: it is no engine, or wants TLS`,
        'For a TLS engine set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH; else correct the address.',
        error,
      );
    case 'dns':
      return failure(
        'ENGINE_UNREACHABLE',
        `${at} cannot be found: its name does not resolve`,
        'Correct the host name, or look at the resolver of this machine.',
        error,
      );
    case 'refused':
      return failure(
        'ENGINE_UNREACHABLE',
        `${at} refuses the connection: nothing listens there`,
        'Start the engine there with a tcp listener, or correct the port (2375 plain, 2376 TLS).',
        error,
      );
    case 'reset':
      return failure(
        'ENGINE_UNREACHABLE',
        `${at} closed the connection without an answer`,
        'If it is a TLS engine, set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH; else look at its log.',
        error,
      );
    case 'timeout':
    case 'unreachable':
      return failure(
        'ENGINE_UNREACHABLE',
        `${at} cannot be reached: ${reason ?? kind}`,
        'Check the address, the route and the firewall between here and there.',
        error,
      );
    default:
      return failure(
        'ENGINE_UNREACHABLE',
        `${at} cannot be reached: ${error instanceof Error ? error.message : String(error)}`,
        'Try the same address with: docker version',
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
        `${at} is not there: there is no socket ${path}`,
        await startHint(environment),
        error,
      );
    case 'ECONNREFUSED':
      return failure(
        'ENGINE_UNREACHABLE',
        `${at} is not running: nobody listens on its socket ${path}`,
        await startHint(environment),
        error,
      );
    case 'EACCES':
    case 'EPERM':
      return failure(
        'ENGINE_PERMISSION',
        `you may not use ${at}: permission denied on ${path}`,
        'Join the group that owns the socket (sudo usermod -aG docker "$USER", then log in again), or run this with sudo.',
        error,
      );
    case 'ENOTSOCK':
    case 'EINVAL':
      return failure(
        'ENGINE_UNREACHABLE',
        `${path} is no socket that can be connected to (${reason})`,
        "Correct the address; a socket's path has at most 107 characters.",
        error,
      );
    default:
      return failure(
        'ENGINE_UNREACHABLE',
        `${at} broke off: ${reason ?? 'unknown reason'}`,
        "Look at the engine's log: it may have been restarted or have crashed.",
        error,
      );
  }
}

function explainCertificate(problem: string, at: string, endpoint: EngineEndpoint, error: unknown): ObjDockerError {
  const folder = endpoint.tls?.directory ?? 'DOCKER_CERT_PATH';
  const [message, hint] = {
    untrusted: [
      `the certificate of ${at} is not signed by a CA that you trust`,
      `Put the engine's CA into ${folder}/ca.pem.`,
    ],
    expired: [`the certificate of ${at} has expired`, "Renew the engine's certificate and restart it."],
    'not-yet-valid': [`the certificate of ${at} is not valid yet`, 'Compare the clocks of both machines.'],
    'wrong-host': [
      `the certificate of ${at} is for another host name`,
      'Use a name that the certificate holds, or have it reissued with this one.',
    ],
    revoked: [`the certificate of ${at} has been revoked`, "Have the engine's certificate reissued."],
    'client-required': [
      `${at} wants a client certificate, and there is none`,
      `Put cert.pem and key.pem, signed by the engine's CA, into ${folder}.`,
    ],
    'client-refused': [
      `${at} does not accept the client certificate in ${folder}`,
      'Have cert.pem and key.pem signed by the CA that the engine trusts.',
    ],
  }[problem] ?? [`the certificate of ${at} is refused: ${problem}`, "Check both sides' certificates."];
  return failure('ENGINE_TLS', message ?? '', hint ?? '', error);
}

function explainStatus(error: EngineHttpError, at: string): ObjDockerError {
  if (/HTTP request to an HTTPS server/i.test(error.message)) {
    return failure(
      'ENGINE_TLS',
      `${at} speaks TLS, and was asked in plain HTTP`,
      'Set DOCKER_TLS_VERIFY=1, and DOCKER_CERT_PATH to the folder with ca.pem, cert.pem and key.pem.',
      error,
    );
  }
  if (error.status === 401 || error.status === 403) {
    return failure(
      'ENGINE_PERMISSION',
      `you may not use ${at}: ${error.message || `HTTP ${error.status}`}`,
      'An authorization plugin or a proxy before the engine refuses you: ask its administrator.',
      error,
    );
  }
  return failure(
    'ENGINE_ERROR',
    `${at} answers HTTP ${error.status}: ${error.message || 'no reason given'}`,
    "Look at the engine's log.",
    error,
  );
}

function failure(code: ObjDockerError['code'], message: string, hint: string, cause: unknown): ObjDockerError {
  return new ObjDockerError(code, message, { hint, cause });
}
