import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import type { EnvironmentVariables } from '../process/exec.ts';

// The CA bundles of the distributions. Go, and so docker, reads the first that exists.
const SYSTEM_BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/**
 * The certificate authorities to trust: the system's (Node's own where it has none), and the given one.
 *
 * Node ignores the system's authorities, docker does not: without them a registry that `docker push` trusts would be
 * untrusted here. SSL_CERT_FILE names another bundle, as it does for docker.
 */
export async function trustedAuthorities(env: EnvironmentVariables, own: string | undefined): Promise<string[]> {
  const system = await firstReadable(env.SSL_CERT_FILE ? [env.SSL_CERT_FILE] : SYSTEM_BUNDLES);
  const extra = env.NODE_EXTRA_CA_CERTS ? await firstReadable([env.NODE_EXTRA_CA_CERTS]) : undefined;
  const usual = system === undefined ? rootCertificates : [system];
  return [...usual, ...[extra, own].filter((pem) => pem !== undefined)];
}

async function firstReadable(files: readonly string[]): Promise<string | undefined> {
  for (const file of files) {
    try {
      return await readFile(file, 'utf8');
    } catch {
      // The next one may be there; without any, Node's own authorities are used.
    }
  }
  return undefined;
}
