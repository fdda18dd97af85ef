import { stringify } from 'yaml';
import { sanitizeLine } from '../lib/text/sanitize.ts';
import { shellQuote } from '../lib/text/shell-quote.ts';
import type { StoredRelease } from '../model/release.ts';

/** What of a release a deployment takes: the images by digest. */
export const DEPLOYMENT_FORMATS = ['kustomize', 'set-image', 'compose'] as const;

export type DeploymentFormat = (typeof DEPLOYMENT_FORMATS)[number];

/**
 * The images of a release as a deployment takes them, lines without their line breaks.
 *
 * - `kustomize`: a component for `components:` of a kustomization. It sets the digest of each image.
 * - `set-image`: a `kubectl set image` for each service.
 * - `compose`: a Compose file with the image of each service, to be given after the project's own.
 *
 * @param host the registry, as in image references: `registry.example.com:5000`
 */
export function* deployment(release: StoredRelease, format: DeploymentFormat, host: string): Generator<string> {
  const images = release.services.map((service) => ({
    name: service.service ?? release.package,
    image: `${host}/${service.repository}`,
    digest: service.digest,
  }));
  yield comment(describe(release));
  switch (format) {
    case 'kustomize':
      yield comment('In a folder of its own, which "components:" of your kustomization.yaml lists.');
      yield* yaml({
        apiVersion: 'kustomize.config.k8s.io/v1alpha1',
        kind: 'Component',
        images: images.map(({ image, digest }) => ({ name: image, newName: image, digest })),
      });
      break;
    case 'set-image':
      yield comment('Deployments are not on record: each line takes the service for the deployment and its container.');
      for (const { name, image, digest } of images)
        yield shellQuote(['kubectl', 'set', 'image', `deployment/${name}`, `${name}=${image}@${digest}`]);
      break;
    case 'compose':
      yield comment('After your own file: docker compose -f compose.yaml -f FILE up -d');
      yield* yaml({
        services: Object.fromEntries(images.map(({ name, image, digest }) => [name, { image: `${image}@${digest}` }])),
      });
      break;
  }
}

function describe({ kind, number, package: name, created, tags, revision }: StoredRelease): string {
  const commit = revision === undefined ? '' : `, ${revision.commit}${revision.dirty ? ' with changes' : ''}`;
  return `${kind} ${number} of ${name} (${tags.join(', ')}), ${created}${commit}`;
}

/** YAML and shells have the same comments. */
function comment(text: string): string {
  return `# ${sanitizeLine(text)}`;
}

function yaml(value: unknown): readonly string[] {
  return stringify(value, { lineWidth: 0 }).trimEnd().split('\n');
}
