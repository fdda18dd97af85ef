import { type ErrorCode, ObjDockerError } from '../errors.ts';
import type { HttpResponse } from '../lib/http/client.ts';
import { HttpFailure } from '../lib/http/failure.ts';

/** The code, message and hint of a failure, for the user. */
export interface Explanation {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
}

/** The error of a request that got no response; any other error as it is. */
export function unreachable(error: unknown, host: string): unknown {
  if (!(error instanceof HttpFailure)) return error;
  const { code, message, hint } = explainHttpFailure(error, host);
  return new ObjDockerError(code, message, { hint, cause: error });
}

/** Explains why a registry did not respond, and what to do. */
export function explainHttpFailure(failure: HttpFailure, host: string): Explanation {
  const { origin, reason } = failure;
  if (failure.certificate !== undefined) return explainCertificate(failure, host);
  switch (failure.kind) {
    case 'dns':
      return down(
        `the host name of ${host} cannot be resolved`,
        'Correct the host in config.yaml, or check the DNS resolver of this machine.',
      );
    case 'refused':
      return down(
        `${origin} refuses the connection: nothing listens there`,
        'Start the registry, or correct its host and port.',
      );
    case 'unreachable':
      return down(
        `${origin} cannot be reached: ${reason}`,
        'Check the address, the route and the firewall between here and there.',
      );
    case 'timeout':
      return down(`${origin} did not respond in time`, 'It may be overloaded, or a firewall may drop the packets.');
    case 'reset':
      return down(
        `${origin} closed the connection without a response`,
        'Check its log. If it uses TLS, its endpoint under mirrors must begin with https.',
      );
    case 'not-tls':
      return {
        code: 'REGISTRY_WRONG_SCHEME',
        message: `${host} uses plain HTTP, but the request used https`,
        hint: plainHttpHint(host),
      };
    case 'tls':
      return {
        code: 'REGISTRY_CERTIFICATE',
        message: `the TLS handshake with ${host} failed: ${reason}`,
        hint: 'Check that the port is the TLS one and that it supports TLS 1.2.',
      };
    case 'not-http':
      return {
        code: 'REGISTRY_NOT_A_REGISTRY',
        message: `the server at ${origin} does not speak HTTP`,
        hint: 'Correct the host and port of deployment.registry.',
      };
    case 'too-large':
      return {
        code: 'REGISTRY_NOT_A_REGISTRY',
        message: `${origin} sent a response that is too large for a registry`,
        hint: 'Correct the host and port of deployment.registry.',
      };
    case 'proxy':
      return down(
        `the proxy on the way to ${origin} refused the connection: ${reason ?? 'no reason given'}`,
        `Correct HTTP_PROXY and HTTPS_PROXY, or put ${host} into NO_PROXY.`,
      );
    default:
      return down(`${origin} cannot be reached: ${reason ?? failure.kind}`, 'Try the same address with curl -v.');
  }
}

/** The hint for a plain HTTP registry that got an https request. */
function plainHttpHint(host: string): string {
  return `If that is intended, set in config.yaml, under deployment.registry: mirrors: { "${host}": { endpoint: "http://${host}" } }; the engine needs { "insecure-registries": ["${host}"] } in /etc/docker/daemon.json unless it is on loopback.`;
}

// The messages of Go, nginx and Apache.
const TLS_EXPECTED =
  /sent an HTTP request to an HTTPS server|plain HTTP request was sent to HTTPS port|speaking plain HTTP to an SSL-enabled server/i;

/** Whether a response to plain HTTP says that the server expects TLS. */
export function isTlsExpected(response: Pick<HttpResponse, 'status' | 'text'>): boolean {
  return response.status === 400 && TLS_EXPECTED.test(response.text().slice(0, 2000));
}

/** A registry that expects TLS and got plain HTTP. */
export function explainTlsExpected(host: string): Explanation {
  return {
    code: 'REGISTRY_WRONG_SCHEME',
    message: `${host} uses TLS, but the request used plain HTTP`,
    hint: tlsHint(host),
  };
}

/** The hint for a TLS registry that got a plain HTTP request. */
export function tlsHint(host: string): string {
  return `Write the endpoint with https in config.yaml, under deployment.registry: mirrors: { "${host}": { endpoint: "https://${host}" } }.`;
}

function explainCertificate({ certificate, reason }: HttpFailure, host: string): Explanation {
  const [message, hint] = {
    untrusted: [
      `the certificate of ${host} is not signed by a CA that this machine trusts`,
      `Name the registry's CA in config.yaml (deployment.registry.ca: ca.crt), and give it to the engine as /etc/docker/certs.d/${host}/ca.crt.`,
    ],
    expired: [`the certificate of ${host} has expired`, 'Renew it, and check the clocks of both machines.'],
    'not-yet-valid': [`the certificate of ${host} is not valid yet`, 'Check the clocks of both machines.'],
    'wrong-host': [
      `the certificate of ${host} is for another host name`,
      'Set deployment.registry.host to a name in the certificate, or reissue the certificate for this name.',
    ],
    revoked: [`the certificate of ${host} has been revoked`, 'Ask its administrator for a new certificate.'],
    'client-required': [
      `${host} requires a client certificate`,
      'Client certificates are not supported: ask for an endpoint without one.',
    ],
    'client-refused': [`${host} rejected the TLS handshake`, 'Ask its administrator which TLS settings it requires.'],
  }[certificate ?? 'untrusted'];
  return { code: 'REGISTRY_CERTIFICATE', message: `${message} (${reason})`, hint: hint ?? '' };
}

function down(message: string, hint: string): Explanation {
  return { code: 'REGISTRY_UNREACHABLE', message, hint };
}
