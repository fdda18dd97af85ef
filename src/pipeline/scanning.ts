import { isObjDockerError } from '../errors.ts';
import type { HarborProject } from '../harbor/harbor.ts';
import type { RunContext } from './run-context.ts';

/** How Harbor scans what is pushed to a project. */
export interface Scanning {
  /** It begins by itself. */
  readonly byItself: boolean;
  /** What is unscanned, or has findings, cannot be pulled. */
  readonly preventsPulls: boolean;
}

/** Turns scanning on push on where the config asks for it and it is off. Who may not do so scans by hand. */
export async function arrangeScanning(project: HarborProject, context: RunContext): Promise<Scanning> {
  const { record, signal } = context;
  const settings = await unlessForbidden(() => project.get({ signal }));
  if (settings === undefined) {
    record.warn(
      `the settings of the project ${project.name} cannot be read with these credentials: its scans are started by hand`,
    );
    return { byItself: false, preventsPulls: false };
  }
  const { autoScan, preventVulnerable: preventsPulls } = settings;
  if (autoScan || !context.pkg.registry.autoScan) return { byItself: autoScan, preventsPulls };
  const byItself = await unlessForbidden(async () => {
    await project.setAutoScan(true, { signal });
    return true;
  });
  if (byItself === undefined) {
    record.warn(
      `auto_scan of the project ${project.name} is off, and these credentials may not turn it on: its scans are started by hand`,
    );
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
