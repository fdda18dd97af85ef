import type { ErrorCode } from '../errors.ts';
import type { HttpResponse } from '../lib/http/client.ts';
import type { HttpFailure } from '../lib/http/failure.ts';

/** A failure as what a user can act on. */
export interface Explanation {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
}

/** Says what it means for a registry that a request got no answer, and what to do. */
export function explainHttpFailure(failure: HttpFailure, host: string): Explanation {
  const { origin, reason } = failure;
  if (failure.certificate !== undefined) return explainCertificate(failure, host);
  switch (failure.kind) {
    case 'dns':
      return down(
        `the name of ${host} does not resolve`,
        'Correct the host in config.yaml, or look at the resolver of this machine.',
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
      return down(`${origin} does not answer in time`, 'It may be overloaded, or a firewall may swallow the packets.');
    case 'reset':
      return down(
        `${origin} closed the connection without an answer`,
        'Look at its log; if it speaks TLS, the scheme of its mirrors endpoint must be https.',
      );
    case 'not-tls':
      return {
        code: 'REGISTRY_WRONG_SCHEME',
        message: `${host} speaks plain HTTP, and was asked with https`,
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
        message: `what listens at ${origin} does not speak HTTP`,
        hint: 'Correct the host and port of deployment.registry.',
      };
    case 'too-large':
      return {
        code: 'REGISTRY_NOT_A_REGISTRY',
        message: `${origin} answers with more than a registry would`,
        hint: 'Correct the host and port of deployment.registry.',
      };
    case 'proxy':
      return down(
        `the proxy on the way to ${origin} does not let us through: ${reason ?? 'no reason given'}`,
        `Correct HTTP_PROXY and HTTPS_PROXY, or put ${host} into NO_PROXY.`,
      );
    default:
      return down(`${origin} cannot be reached: ${reason ?? failure.kind}`, 'Try the same address with curl -v.');
  }
}

/** What to do when a registry speaks plain HTTP although it was asked with https. */
function plainHttpHint(host: string): string {
  return `If that is meant, say so in config.yaml, under deployment.registry: mirrors: { "${host}": { endpoint: "http://${host}" } }; the engine needs { "insecure-registries": ["${host}"] } in /etc/docker/daemon.json unless it is on loopback.`;
}

// Go's, nginx's and Apache's words.
const TLS_EXPECTED =
  /sent an HTTP request to an HTTPS server|plain HTTP request was sent to HTTPS port|speaking plain HTTP to an SSL-enabled server/i;

/** Whether an answer to plain HTTP says that the server speaks TLS. */
export function isTlsExpected(response: Pick<HttpResponse, 'status' | 'text'>): boolean {
  return response.status === 400 && TLS_EXPECTED.test(response.text().slice(0, 2000));
}

/** A registry that was asked in plain HTTP, and wants TLS. */
export function explainTlsExpected(host: string): Explanation {
  return {
    code: 'REGISTRY_WRONG_SCHEME',
    message: `${host} speaks TLS, and was asked in plain HTTP`,
    hint: tlsHint(host),
  };
}

/** What to do when a registry speaks TLS although it was asked in plain HTTP. */
export function tlsHint(host: string): string {
  return `Write the endpoint with https in config.yaml, under deployment.registry: mirrors: { "${host}": { endpoint: "https://${host}" } }.`;
}

function explainCertificate({ certificate, reason }: HttpFailure, host: string): Explanation {
  const [message, hint] = {
    untrusted: [
      `the certificate of ${host} is not signed by a CA that this machine trusts`,
      `Name the registry's CA in config.yaml (deployment.registry.ca: ca.crt), and give it to the engine as /etc/docker/certs.d/${host}/ca.crt.`,
    ],
    expired: [`the certificate of ${host} has expired`, 'Have it renewed, and compare the clocks of both machines.'],
    'not-yet-valid': [`the certificate of ${host} is not valid yet`, 'Compare the clocks of both machines.'],
    'wrong-host': [
      `the certificate of ${host} is for another host name`,
      'Use a name that the certificate holds as deployment.registry.host, or have it reissued with this one.',
    ],
    revoked: [`the certificate of ${host} has been revoked`, 'Have it reissued.'],
    'client-required': [`${host} wants a client certificate`, 'That is not supported: ask for an endpoint without.'],
    'client-refused': [`${host} refuses our side of the TLS handshake`, 'Ask its administrator what it expects.'],
  }[certificate ?? 'untrusted'];
  return { code: 'REGISTRY_CERTIFICATE', message: `${message} (${reason})`, hint: hint ?? '' };
}

function down(message: string, hint: string): Explanation {
  return { code: 'REGISTRY_UNREACHABLE', message, hint };
}
