import { hasErrorCode } from '../../errors.ts';
import type { HarborProject } from '../../harbor/harbor.ts';
import type { RunContext } from './context.ts';

/** The scan settings of a project. */
export interface ScanSettings {
  /** Harbor scans every pushed image. */
  readonly scansOnPush: boolean;
  /** Harbor refuses pulls of images that are unscanned or have findings. */
  readonly preventsPulls: boolean;
}

/** Enables scan on push if the config wants it. Without the right to do so, the pipeline triggers each scan. */
export async function enableAutoScan(project: HarborProject, context: RunContext): Promise<ScanSettings> {
  const { record, signal } = context;
  const wanted = context.pkg.registry.autoScan;
  const settings = await unlessForbidden(() => project.get({ signal }));
  if (settings === undefined) {
    if (wanted)
      record.warn(
        `the credentials may not read the auto_scan setting of the project ${project.name}: the pipeline triggers the scans`,
      );
    return { scansOnPush: false, preventsPulls: false };
  }
  const { autoScan, preventVulnerable: preventsPulls } = settings;
  if (autoScan || !wanted) return { scansOnPush: autoScan, preventsPulls };
  const enabled = await unlessForbidden(async () => {
    await project.setAutoScan(true, { signal });
    return true;
  });
  if (enabled === undefined) {
    record.warn(
      `auto_scan is off in the project ${project.name} and the credentials may not enable it: the pipeline triggers the scans`,
    );
  }
  return { scansOnPush: enabled === true, preventsPulls };
}

async function unlessForbidden<T>(request: () => Promise<T>): Promise<T | undefined> {
  try {
    return await request();
  } catch (error) {
    if (hasErrorCode(error, 'REGISTRY_FORBIDDEN')) return undefined;
    throw error;
  }
}
