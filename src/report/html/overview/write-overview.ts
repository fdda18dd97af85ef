import { join } from 'node:path';
import { writeAtomically } from '../../../lib/files/files.ts';
import type { AuditReport } from '../../../model/audit.ts';
import { createFolder } from '../../create-folder.ts';
import { indexPage } from './index-page.ts';
import { INDEX, PACKAGES, packageFile } from './package-facts.ts';
import { packagePage } from './package-page.ts';

export interface OverviewOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Where the pages of an overview are. */
export interface OverviewFiles {
  /** `index.html`: all packages. */
  readonly index: string;
  /** One for each package, in the order of the report: `packages/NAME.html`. */
  readonly packages: readonly string[];
}

/**
 * Writes the overview of an audit to a folder, which is created when it does not exist: a page of all packages, and one of each
 * package. They are static files, each of which loads nothing, for a web server or for `file://`. Each file is replaced as a
 * whole, the page of all packages last. Pages of packages that are not in the report stay.
 *
 * The trend needs an audit with `history`.
 *
 * @throws {ObjDockerError} OUTPUT_FAILED; CANCELLED
 *
 * @example
 * const report = await build.audit(packages, { history: 20 }).result;
 * const { index } = await writeOverview(report, 'site');
 */
export async function writeOverview(
  report: AuditReport,
  directory: string,
  { signal }: OverviewOptions = {},
): Promise<OverviewFiles> {
  const folder = join(directory, PACKAGES);
  await createFolder(directory);
  await createFolder(folder);
  const packages: string[] = [];
  for (const pkg of report.packages) {
    const path = join(folder, packageFile(pkg.name));
    await writeAtomically(path, packagePage(pkg, report.created), { signal });
    packages.push(path);
  }
  const index = join(directory, INDEX);
  await writeAtomically(index, indexPage(report), { signal });
  return { index, packages };
}
