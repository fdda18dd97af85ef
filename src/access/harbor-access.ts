import type { Package } from '../config/package.ts';
import { ObjDockerError } from '../errors.ts';
import type { HarborRetry } from '../harbor/client/api.ts';
import { type Harbor, type HarborProject, openHarbor } from '../harbor/harbor.ts';
import type { Environment } from '../lib/environment.ts';
import type { HttpClient } from '../lib/http/client.ts';
import { openRegistry, type Registry } from '../registry/registry.ts';
import type { CallOptions } from '../substrate/obj-substrate.ts';
import { type HarborTarget, parseHarborTarget } from './harbor-reference.ts';
import { credentialsFor, httpFor } from './registry-access.ts';

/** What every call on a package's Harbor takes. */
export interface HarborCallOptions extends CallOptions {
  /** Called with warnings, such as a password file that everybody can read. */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** Called before a request is retried. */
  readonly onRetry?: ((retry: HarborRetry) => void) | undefined;
}

export interface HarborAccess extends HarborCallOptions {
  readonly environment: Environment;
}

/** A package's Harbor, with connections of its own that end with it. */
export interface PackageHarbor extends AsyncDisposable {
  readonly harbor: Harbor;
  readonly project: HarborProject;
  /** The distribution API of the same server, for what Harbor's own cannot do. */
  readonly registry: Registry;
}

/**
 * Opens the Harbor of a package with the credentials, the certificate authority and the scheme of its config.
 *
 * @throws {ObjDockerError} REGISTRY_NOT_HARBOR when the config says that the registry is none; what finding the credentials
 * throws.
 */
export async function openPackageHarbor(pkg: Package, access: HarborAccess): Promise<PackageHarbor> {
  const { registry } = pkg;
  if (registry.type !== 'harbor' || registry.project === undefined) throw notHarbor(pkg);
  const [found, client] = await Promise.all([credentialsFor(registry.host, pkg, access), httpFor(registry, access)]);
  for (const warning of found.warnings) access.onWarning?.(warning);
  const http = warnAboutClock(client, access);
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
    registry: openRegistry({ url: registry.url, login: found, http }),
    [Symbol.asyncDispose]: () => http.close(),
  };
}

/** A slow response cannot cause a larger difference. */
const MAX_CLOCK_SKEW_MS = 5 * 60_000;

/** Warns once when the clocks of Harbor and of this machine differ: certificates, tokens and ages are wrong then. */
function warnAboutClock(http: HttpClient, { environment, onWarning }: HarborAccess): HttpClient {
  let isTold = false;
  return {
    async request(url, request) {
      const response = await http.request(url, request);
      const ahead = Date.parse(response.headers.date ?? '') - environment.now().getTime();
      if (!isTold && Math.abs(ahead) > MAX_CLOCK_SKEW_MS) {
        isTold = true;
        const minutes = Math.round(Math.abs(ahead) / 60_000);
        onWarning?.(
          `the clock of ${response.url.host} is ${minutes} minutes ${ahead > 0 ? 'ahead of' : 'behind'} this machine's: certificates and tokens may be rejected. Synchronize both with a time server.`,
        );
      }
      return response;
    },
    close: () => http.close(),
  };
}

/** What a text names in the Harbor of a package. */
export function readTarget(pkg: Package, text: string): HarborTarget {
  const { type, host, project } = pkg.registry;
  if (type !== 'harbor' || project === undefined) throw notHarbor(pkg);
  return parseHarborTarget(text, { host, project });
}

function notHarbor({ name, registry }: Package): ObjDockerError {
  return new ObjDockerError(
    'REGISTRY_NOT_HARBOR',
    `this needs a Harbor, but config.yaml says that the registry of ${name}, ${registry.host}, is a plain one`,
    { hint: 'If it is a Harbor, set deployment.registry.type: harbor and deployment.registry.project.' },
  );
}
