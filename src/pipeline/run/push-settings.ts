import type { PackageHarbor } from '../../access/harbor-access.ts';
import { hasErrorCode } from '../../errors.ts';
import { isAtLeast } from '../../lib/version.ts';
import type { RunContext } from './context.ts';

/** The scan settings of a project. */
export interface ScanSettings {
  /** Harbor scans every pushed image. */
  readonly scansOnPush: boolean;
  /** Harbor refuses pulls of images that are unscanned or have findings. */
  readonly preventsPulls: boolean;
}

/**
 * Turns on what the config wants Harbor to do on push: scans, and SBOMs from 2.11 on. Without the right to do so, the pipeline
 * triggers each scan.
 */
export async function applyPushSettings(
  { harbor, project }: Pick<PackageHarbor, 'harbor' | 'project'>,
  context: RunContext,
): Promise<ScanSettings> {
  const { progress, signal } = context;
  const { autoScan: wantsScan, autoSbom: wantsSbom } = context.pkg.registry;
  const settings = await unlessForbidden(() => project.get({ signal }));
  if (settings === undefined) {
    if (wantsScan || wantsSbom)
      progress.warn(
        `the credentials may not read the settings of the project ${project.name} (${names(wantsScan, wantsSbom)})${wantsScan ? TRIGGERS : ''}`,
      );
    return { scansOnPush: false, preventsPulls: false };
  }
  const { autoScan, autoSbom, preventVulnerable: preventsPulls } = settings;
  const scan = wantsScan && !autoScan;
  const sbom = wantsSbom && !autoSbom && (await hasSboms(harbor, context));
  if (!scan && !sbom) return { scansOnPush: autoScan, preventsPulls };
  const changed = await unlessForbidden(async () => {
    const wanted = { ...(scan ? { autoScan: true } : {}), ...(sbom ? { autoSbom: true } : {}) };
    await project.changePushSettings(wanted, { signal });
    return true;
  });
  if (changed === undefined) {
    progress.warn(
      `${names(scan, sbom)} ${scan && sbom ? 'are' : 'is'} off in the project ${project.name} and the credentials may not change that${scan ? TRIGGERS : ''}`,
    );
  }
  return { scansOnPush: autoScan || (scan && changed === true), preventsPulls };
}

const TRIGGERS = ': the pipeline triggers the scans';

function names(scan: boolean, sbom: boolean): string {
  return [...(scan ? ['auto_scan'] : []), ...(sbom ? ['auto_sbom'] : [])].join(' and ');
}

/** An older Harbor would ignore the setting without a word. */
async function hasSboms(harbor: PackageHarbor['harbor'], { progress, signal }: RunContext): Promise<boolean> {
  const version = await harbor.version({ signal });
  if (version === undefined || isAtLeast(version, '2.11')) return true;
  progress.warn(`auto_sbom has no effect: Harbor ${version} has no SBOMs, 2.11 and newer have`);
  return false;
}

async function unlessForbidden<T>(request: () => Promise<T>): Promise<T | undefined> {
  try {
    return await request();
  } catch (error) {
    if (hasErrorCode(error, 'REGISTRY_FORBIDDEN')) return undefined;
    throw error;
  }
}
