import { isLoopback } from '../lib/host.ts';

/**
 * The URL of the registry API for the domain of an image name. Docker Hub's API has another host than its images. As in
 * docker, loopback hosts use plain HTTP and all others https.
 */
export function registryUrl(domain: string): string {
  if (domain === 'docker.io' || domain === 'index.docker.io') return 'https://registry-1.docker.io';
  return `${isLoopback(domain) ? 'http' : 'https'}://${domain}`;
}
