import type { Package } from '../config/package.ts';
import { ObjDockerError } from '../errors.ts';
import type { HarborRetry } from '../harbor/client/harbor-api.ts';
import { type Harbor, type HarborProject, openHarbor } from '../harbor/harbor.ts';
import type { Environment } from '../lib/environment.ts';
import type { HttpClient } from '../lib/http/client.ts';
import { formatAge } from '../lib/text/duration.ts';
import { openRegistry, type Registry } from '../registry/registry.ts';
import type { CallOptions } from '../substrate/obj-substrate.ts';
import { type HarborTarget, parseHarborTarget } from './harbor-reference.ts';
import { credentialsFor, httpFor } from './registry-access.ts';

/** The options of all calls on a package's Harbor. */
export interface HarborCallOptions extends CallOptions {
  /** Called with warnings, such as a password file that all users can read. */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** Called before a request is retried. */
  readonly onRetry?: ((retry: HarborRetry) => void) | undefined;
}

export interface HarborAccess extends HarborCallOptions {
  readonly environment: Environment;
}

/** The Harbor of a package. Disposing of it closes its connections. */
export interface PackageHarbor extends AsyncDisposable {
  readonly harbor: Harbor;
  readonly project: HarborProject;
  /** The user or robot; undefined without credentials. */
  readonly username: string | undefined;
  /** The OCI distribution API of the same server. */
  readonly registry: Registry;
  /** The time by Harbor's clock, which the times of its reports are of. This machine's before the first response. */
  now(): Date;
}

/**
 * Opens the Harbor of a package with the credentials, the certificate authority and the scheme in its config.
 *
 * @throws {ObjDockerError} REGISTRY_NOT_HARBOR when the registry in the config is not a Harbor; also the errors of
 * {@link credentialsFor}.
 */
export async function openPackageHarbor(pkg: Package, access: HarborAccess): Promise<PackageHarbor> {
  const { registry } = pkg;
  if (registry.type !== 'harbor' || registry.project === undefined) throw notHarbor(pkg);
  const [found, client] = await Promise.all([credentialsFor(registry.host, pkg, access), httpFor(registry, access)]);
  for (const warning of found.warnings) access.onWarning?.(warning);
  const { http, now } = watchClock(client, access);
  const harbor = openHarbor({
    url: registry.url,
    login: found.credentials,
    http,
    now: access.environment.now,
    onRetry: access.onRetry,
  });
  return {
    harbor,
    project: harbor.project(registry.project),
    username: found.credentials?.username,
    registry: openRegistry({ url: registry.url, login: found, http }),
    now,
    async [Symbol.asyncDispose]() {
      await harbor.close();
      await http.close();
    },
  };
}

/** A slow response cannot cause a larger difference. */
const MAX_CLOCK_SKEW_MS = 5 * 60_000;

/** Reads Harbor's clock, and warns once when it differs from this machine's, because certificates and tokens are then wrong. */
function watchClock(
  http: HttpClient,
  { environment, onWarning }: HarborAccess,
): { readonly http: HttpClient; readonly now: () => Date } {
  let warned = false;
  let skewMs = 0;
  const watched: HttpClient = {
    async request(url, request) {
      const response = await http.request(url, request);
      const ahead = Date.parse(response.headers.date ?? '') - environment.now().getTime();
      if (!Number.isNaN(ahead)) skewMs = Math.abs(ahead) > MAX_CLOCK_SKEW_MS ? ahead : 0;
      if (!warned && Math.abs(ahead) > MAX_CLOCK_SKEW_MS) {
        warned = true;
        onWarning?.(
          `the clock of ${response.url.host} is ${formatAge(Math.abs(ahead))} ${ahead > 0 ? 'ahead of' : 'behind'} this machine's: certificates and tokens may be rejected. Synchronize both with a time server.`,
        );
      }
      return response;
    },
    close: () => http.close(),
  };
  return { http: watched, now: () => new Date(environment.now().getTime() + skewMs) };
}

/** Parses the name of a repository or an artifact in the Harbor of a package. */
export function readTarget(pkg: Package, text: string): HarborTarget {
  const { type, host, project } = pkg.registry;
  if (type !== 'harbor' || project === undefined) throw notHarbor(pkg);
  return parseHarborTarget(text, { host, project });
}

function notHarbor({ name, registry }: Package): ObjDockerError {
  return new ObjDockerError(
    'REGISTRY_NOT_HARBOR',
    `the registry of ${name}, ${registry.host}, is not a Harbor according to config.yaml`,
    { hint: 'If it is a Harbor, set deployment.registry.type: harbor and deployment.registry.project.' },
  );
}
