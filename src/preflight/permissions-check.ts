import type { Package } from '../config/package.ts';
import { hasErrorCode, isObjDockerError } from '../errors.ts';
import type { Project } from '../harbor/harbor.ts';
import { COMMAND_PERMISSIONS, type CommandPermissions, STARTS_SCANS } from '../harbor/permissions.ts';
import { isRobotName } from '../registry/login.ts';
import type { CheckedProject } from './checked-project.ts';
import type { CheckOutcome, PreflightCheck } from './preflight.ts';

interface PermissionsCheckOptions {
  readonly checked: CheckedProject;
  /** Whether the release scans. */
  readonly scan: boolean;
}

/** The login has every permission in the Harbor project that a release needs. Skipped when they cannot be read. */
export function permissionsCheck(pkg: Package, { checked, scan }: PermissionsCheckOptions): PreflightCheck {
  return {
    id: 'permissions',
    title: 'Permissions',
    async run(signal) {
      try {
        const { project, username } = await checked.harbor();
        const settings = await checked.settings().catch(unlessHidden);
        const own = await project.ownPermissions({ signal, projectId: settings?.id });
        if (own === undefined) return skipped(`the project ${project.name} is not visible`);
        const release = withoutRecords(
          pkg,
          scan ? COMMAND_PERMISSIONS.pipeline : COMMAND_PERMISSIONS.pipelineWithoutScan,
        );
        const login = { name: username ?? 'an anonymous user', own, scansOnPush: willScanOnPush(pkg, own, settings) };
        return compare(release, login, project.name);
      } catch (error) {
        // The checks of the registry and the credentials report it.
        if (!isObjDockerError(error) || signal.aborted) throw error;
        return skipped('they cannot be read');
      }
    },
  };
}

/** Only the lock of a release record needs a tag that is created through Harbor's API. */
function withoutRecords({ release }: Package, permissions: CommandPermissions): CommandPermissions {
  if (release.record) return permissions;
  return { ...permissions, needs: permissions.needs.filter((each) => each !== 'tag:create') };
}

function unlessHidden(error: unknown): undefined {
  if (!hasErrorCode(error, 'REGISTRY_FORBIDDEN', 'REGISTRY_PROJECT_MISSING')) throw error;
  return undefined;
}

/** Whether the pipeline will find that the project scans every push, or turns that on. */
function willScanOnPush({ registry }: Package, own: ReadonlySet<string>, project: Project | undefined): boolean {
  if (project === undefined) return false;
  return project.autoScan || (registry.autoScan && own.has('project:update'));
}

interface Login {
  readonly name: string;
  readonly own: ReadonlySet<string>;
  readonly scansOnPush: boolean;
}

function compare(
  { needs, wants }: CommandPermissions,
  { name, own, scansOnPush }: Login,
  project: string,
): CheckOutcome {
  const missing = needs.filter((each) => !own.has(each) && !(each === STARTS_SCANS && scansOnPush));
  const wanted = wants.filter(({ permission }) => !own.has(permission));
  if (missing.length > 0) {
    const all = [...missing, ...wanted.map(({ permission }) => permission)];
    return {
      status: 'failed',
      detail: `${name} lacks ${missing.join(', ')} in project ${project}`,
      hint: isRobotName(name)
        ? `Give the robot ${all.join(', ')} in that project (Robot Accounts, Edit).`
        : `Give ${name} a role in the project that has ${all.join(', ')}, or use a robot with these permissions.`,
      errorCode: 'REGISTRY_FORBIDDEN',
    };
  }
  if (wanted.length > 0) {
    return {
      status: 'warning',
      detail: wanted
        .map(({ permission, without }) => `${name} lacks ${permission} in project ${project}: ${without}`)
        .join('; '),
      hint: `Give ${name} ${wanted.map(({ permission }) => permission).join(', ')} in that project.`,
    };
  }
  const detail = `${name} has all that a release needs in project ${project}`;
  // Since 2.15 Harbor takes 0.1 s to check the password of a user.
  return { status: 'ok', detail: isRobotName(name) ? detail : `${detail}; a robot may do less, and is faster` };
}

function skipped(detail: string): CheckOutcome {
  return { status: 'skipped', detail };
}
