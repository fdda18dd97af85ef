import { credentialsFor, httpFor } from '../access/registry-access.ts';
import type { Package } from '../config/package.ts';
import { isObjDockerError, ObjDockerError } from '../errors.ts';
import { parseImageReference } from '../image-ref.ts';
import type { Environment } from '../lib/environment.ts';
import { openRegistry } from '../registry/registry.ts';

interface Access {
  readonly environment: Environment;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Explains a push that failed with a bare "403 Forbidden". An engine with the containerd store, and BuildKit, drop the body that
 * says why. An upload that is started here, and cancelled, gets the same response with its body.
 *
 * @returns the error to throw: the given one for any other failure
 */
export async function explainRefusedPush(error: unknown, pkg: Package, access: Access): Promise<unknown> {
  if (!isObjDockerError(error) || !/\b403 Forbidden\b/.test(error.message)) return error;
  const reference = refusedReference(error, pkg);
  if (reference === undefined) return error;
  const { domain, path } = parseImageReference(reference);
  const [login, http] = await Promise.all([credentialsFor(domain, pkg, access), httpFor(pkg.registry, access)]);
  try {
    const reason = await openRegistry({ url: pkg.registry.url, login, http }).refusedPush(path, access);
    if (reason === undefined) return withHint(error, domain);
    return new ObjDockerError(reason.code, `cannot push ${reference}: ${reasonOf(reason)}`, {
      hint: reason.hint,
      cause: error,
      details: { ...error.details, ...reason.details },
    });
  } catch (cause) {
    if (!isObjDockerError(cause)) throw cause;
    return withHint(error, domain);
  } finally {
    await http.close();
  }
}

function refusedReference({ details }: ObjDockerError, pkg: Package): string | undefined {
  const failed = Array.isArray(details.failed) ? details.failed[0] : undefined;
  const reference = typeof failed?.reference === 'string' ? failed.reference : details.reference;
  // Only the package's own registry has an API here.
  return typeof reference === 'string' && reference.startsWith(`${pkg.image.host}/`) ? reference : undefined;
}

function reasonOf({ message }: ObjDockerError): string {
  return message.slice(message.indexOf(': ') + 2);
}

/** The registry takes an upload now: what it refused is not known. */
function withHint(error: ObjDockerError, host: string): ObjDockerError {
  return new ObjDockerError(error.code, error.message, {
    hint: `The account has no push permission, the project's quota is reached, ${host} is in read-only mode, or the project is a proxy cache. Check with: objdocker preflight`,
    cause: error.cause,
    details: error.details,
  });
}
