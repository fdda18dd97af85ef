import type { PullEndpoint, PullExplanation, RegistriesCheck, RegistriesDifference } from '../../k3s/k3s.ts';
import { sanitizeLine } from '../../lib/text/sanitize.ts';
import type { Colors } from '../../terminal/output-stream.ts';

/** The differences of a registries.yaml: `+` is missing, `-` is superfluous. */
export function renderRegistriesCheck({ path, differences }: RegistriesCheck, colors: Colors): string {
  if (differences.length === 0) return sanitizeLine(`${path}: up to date`);
  const count = differences.length === 1 ? '1 difference' : `${differences.length} differences`;
  return [sanitizeLine(`${path}: ${count}`), ...differences.map((one) => renderDifference(one, colors))].join('\n');
}

function renderDifference({ kind, key, expected = '', found = '' }: RegistriesDifference, colors: Colors): string {
  switch (kind) {
    case 'missing':
      return colors.green(sanitizeLine(`  + ${key}: ${expected}`));
    case 'extra':
      return colors.red(sanitizeLine(`  - ${key}: ${found}`));
    case 'unknown':
      return colors.yellow(sanitizeLine(`  ? ${key}: k3s does not know this key`));
    case 'different': {
      const values = expected === found ? 'has a different value' : `${found} → ${expected}`;
      return colors.yellow(sanitizeLine(`  ~ ${key}: ${values}`));
    }
  }
}

/** The endpoints at which a node looks for an image, in order. */
export function renderPullExplanation({ image, mirror, endpoints }: PullExplanation, colors: Colors): string {
  const why = mirror === undefined ? 'no mirror' : `the mirror ${JSON.stringify(mirror)}`;
  return [
    sanitizeLine(`${image} (${why})`),
    ...endpoints.flatMap((endpoint, index) => [
      sanitizeLine(`${index + 1}. ${endpoint.manifest}`),
      `   ${colors.dim(sanitizeLine(describeEndpoint(endpoint)))}`,
    ]),
  ].join('\n');
}

function describeEndpoint({ isDefault, rewrite, tls, caFile, username }: PullEndpoint): string {
  const certificate = {
    none: 'no TLS',
    unverified: 'certificate not verified',
    verified: `certificate verified${caFile === undefined ? '' : ` with ${caFile}`}`,
  }[tls];
  return [
    ...(isDefault ? ['default endpoint'] : []),
    ...(rewrite === undefined ? [] : [`rewritten by "${rewrite.pattern}" → "${rewrite.replacement}"`]),
    certificate,
    username === undefined ? 'no credentials' : `credentials of ${username}`,
  ].join(', ');
}
