import { isObjDockerError, ObjDockerError } from '../../errors.ts';
import type { RequestOptions } from '../../lib/http/request-options.ts';
import type { Explanation } from '../../registry/failure.ts';
import { getArtifact } from '../artifacts/artifacts.ts';
import { explainTaskError } from '../client/explain-status.ts';
import type { HarborApi } from '../client/harbor-api.ts';
import type { HarborProblem, HarborRequest } from '../client/request.ts';
import { explainNotFound } from '../not-found.ts';
import type { HarborPermission } from '../permissions.ts';
import { type ArtifactRef, artifactPath, formatRef } from '../refs.ts';
import { IMAGE_TYPE } from './images.ts';
import { findScannerProblem } from './scanner.ts';

interface Task {
  /** As it follows "start": `a scan`. */
  readonly name: string;
  readonly permission: HarborPermission;
  /** Without a body Harbor looks for vulnerabilities; the type is known from 2.11 on. */
  readonly body?: { readonly scan_type: 'sbom' };
}

const SCAN: Task = { name: 'a scan', permission: 'scan:create' };
const SBOM: Task = { name: 'the SBOM', permission: 'sbom:create', body: { scan_type: 'sbom' } };

/**
 * Starts a scan of an artifact. Harbor scans every platform of an index.
 *
 * @returns `started` is false when a scan is already queued or running. Its result counts.
 * @throws {ObjDockerError} SCANNER_MISSING (none, or disabled), SCANNER_DOWN, SCAN_UNSUPPORTED, SCAN_FAILED when Harbor cannot
 * start scans at all, REGISTRY_READ_ONLY, REGISTRY_FORBIDDEN
 */
export function startScan(
  api: HarborApi,
  ref: ArtifactRef,
  options: RequestOptions = {},
): Promise<{ readonly started: boolean }> {
  return start(api, ref, SCAN, options);
}

/** Has the scanner generate the SBOM of an image, as {@link startScan} does. Harbor before 2.11 would start a scan. */
export function startSbom(
  api: HarborApi,
  ref: ArtifactRef,
  options: RequestOptions = {},
): Promise<{ readonly started: boolean }> {
  return start(api, ref, SBOM, options);
}

async function start(
  api: HarborApi,
  ref: ArtifactRef,
  { name, permission, body }: Task,
  options: RequestOptions,
): Promise<{ readonly started: boolean }> {
  const request: HarborRequest = {
    method: 'POST',
    path: `${artifactPath(ref)}/scan`,
    ...(body === undefined ? {} : { body }),
    alsoAccept: [409],
    doing: `start ${name} of ${formatRef(ref)}`,
    permission,
    project: ref.project,
    explain,
  };
  try {
    const { status } = await explainNotFound(api, ref, options, () => api.request(request, options));
    return { started: status !== 409 };
  } catch (error) {
    if (isObjDockerError(error) && error.code === 'SCAN_UNSUPPORTED')
      throw await explainUnsupported(api, ref, error, options);
    throw error;
  }
}

function explain({ status, message }: HarborProblem): Explanation | undefined {
  if (status === 412) {
    return {
      code: 'SCANNER_MISSING',
      message: `Harbor reports: ${message}`,
      hint: 'Ask an administrator of Harbor to add or enable a scanner (Interrogation Services, Scanners).',
    };
  }
  if (status === 400) {
    return {
      code: 'SCAN_UNSUPPORTED',
      message: `Harbor reports: ${message}`,
      hint: 'Only images can be scanned, not charts, signatures, SBOMs or attestations.',
    };
  }
  return status === 500 ? explainTaskError('SCAN_FAILED') : undefined;
}

/** Harbor's message is the same for an artifact that cannot be scanned and for a scanner that is down (captures 151, 811). */
async function explainUnsupported(
  api: HarborApi,
  ref: ArtifactRef,
  error: ObjDockerError,
  options: RequestOptions,
): Promise<ObjDockerError> {
  const problem = await findScannerProblem(api, ref.project, options);
  const { type } = await getArtifact(api, ref, options);
  if (type !== IMAGE_TYPE) return error;
  // Harbor updates the capabilities of a scanner every 30 s. Until then a restarted scanner cannot scan images. Its health lags, too.
  const reason =
    problem?.reason ?? 'its scanner is down, or was a moment ago: Harbor does not know now that it can scan images';
  return new ObjDockerError('SCANNER_DOWN', `cannot start a scan of ${formatRef(ref)}: ${reason}`, {
    hint: 'Check the scanner. Try again half a minute after it is back: Harbor asks it only every 30 seconds what it can scan.',
    details: { ...error.details, recovering: problem === undefined },
    cause: error,
  });
}
