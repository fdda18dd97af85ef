import { isLoopback } from '../lib/host.ts';

/**
 * Where the API of the registry of an image name is: Docker Hub's lies elsewhere than its name says; a loopback host is
 * plain HTTP, as docker takes it, every other one https.
 */
export function registryUrl(domain: string): string {
  if (domain === 'docker.io' || domain === 'index.docker.io') return 'https://registry-1.docker.io';
  return `${isLoopback(domain) ? 'http' : 'https'}://${domain}`;
}
