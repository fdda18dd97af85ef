import { isObjDockerError } from '../../errors.ts';
import type { HarborProject } from '../../harbor/harbor.ts';
import type { RunContext } from './context.ts';

/** How Harbor scans what is pushed to a project. */
export interface Scanning {
  /** It begins by itself. */
  readonly byItself: boolean;
  /** What is unscanned, or has findings, cannot be pulled. */
  readonly preventsPulls: boolean;
}

/** Turns scanning on push on where the config asks for it and it is off. Who may not do so asks for each scan. */
export async function arrangeScanning(project: HarborProject, context: RunContext): Promise<Scanning> {
  const { record, signal } = context;
  const wanted = context.pkg.registry.autoScan;
  const settings = await unlessForbidden(() => project.get({ signal }));
  if (settings === undefined) {
    if (wanted)
      record.warn(`${project.name}: these credentials cannot see whether auto_scan is on; scans are asked for`);
    return { byItself: false, preventsPulls: false };
  }
  const { autoScan, preventVulnerable: preventsPulls } = settings;
  if (autoScan || !wanted) return { byItself: autoScan, preventsPulls };
  const byItself = await unlessForbidden(async () => {
    await project.setAutoScan(true, { signal });
    return true;
  });
  if (byItself === undefined) {
    record.warn(`${project.name}: auto_scan is off, and these credentials may not turn it on; scans are asked for`);
  }
  return { byItself: byItself === true, preventsPulls };
}

async function unlessForbidden<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (isObjDockerError(error) && error.code === 'REGISTRY_FORBIDDEN') return undefined;
    throw error;
  }
}
