/** A permission as Harbor names it for robots: the resource and the action. */
export type HarborPermission =
  | 'repository:list'
  | 'repository:read'
  | 'repository:pull'
  | 'repository:push'
  | 'artifact:list'
  | 'artifact:read'
  | 'artifact:delete'
  | 'artifact-addition:read'
  | 'tag:create'
  | 'tag:delete'
  | 'tag-retention:read'
  | 'immutable-tag:list'
  | 'scan:create'
  | 'sbom:create'
  | 'scanner:read'
  | 'project:read'
  | 'project:create'
  | 'project:update'
  | 'garbage-collection:list'
  | 'garbage-collection:read'
  | 'garbage-collection:create'
  | 'garbage-collection:stop';

/** A permission without which a command works, but not fully. */
export interface OptionalPermission {
  readonly permission: HarborPermission;
  /** What happens without it. */
  readonly without: string;
}

/** What a command needs of the login for a Harbor. */
export interface CommandPermissions {
  /** The command line, without its arguments: `harbor-gc --history`. */
  readonly command: string;
  /** Permissions in the project; those for gc are of the system. Without one of them the command fails. */
  readonly needs: readonly HarborPermission[];
  /** The preflight warns when one of these is missing. */
  readonly wants: readonly OptionalPermission[];
  /** These make a command more precise. A robot of a release does without them. */
  readonly uses: readonly OptionalPermission[];
}

/** The pipeline needs it unless the project scans every push. */
export const STARTS_SCANS = 'scan:create' satisfies HarborPermission;

const PROMOTION = ['repository:pull', 'repository:push', 'artifact:read', 'tag:create'] as const;
const REPORTS = ['artifact:read', 'artifact-addition:read'] as const;
const GC = ['garbage-collection:create', 'garbage-collection:list'] as const;

const REMOVES_STAGING_TAGS: OptionalPermission = {
  permission: 'tag:delete',
  without: 'staging tags stay in Harbor',
};
const SETTINGS: readonly OptionalPermission[] = [
  { permission: 'project:read', without: 'every scan is started, and tag retention is not checked' },
  { permission: 'tag-retention:read', without: 'tag retention is not checked' },
  { permission: 'immutable-tag:list', without: 'tag immutability is not checked' },
];
const RECORDS: readonly OptionalPermission[] = [
  { permission: 'artifact:list', without: 'more requests find the newest release' },
];
const SCANNER: OptionalPermission = {
  permission: 'scanner:read',
  without: "Harbor's health says whether the scanner is up, not its name nor whether it is disabled",
};

/**
 * The permissions that each command needs. The preflight checks them, docs/cli/harbor.md lists them, and
 * test/harbor/command-permissions.test.ts takes each one away.
 */
export const COMMAND_PERMISSIONS = {
  pipeline: {
    command: 'pipeline',
    needs: [...PROMOTION, 'artifact-addition:read', STARTS_SCANS],
    wants: [REMOVES_STAGING_TAGS],
    uses: [...SETTINGS, SCANNER],
  },
  pipelineWithoutScan: {
    command: 'pipeline --no-scan',
    needs: PROMOTION,
    wants: [REMOVES_STAGING_TAGS],
    uses: SETTINGS,
  },
  plan: {
    command: 'plan',
    needs: ['repository:pull', ...REPORTS],
    wants: [],
    uses: [{ permission: 'artifact:list', without: 'more requests find the newest release' }],
  },
  push: { command: 'push', needs: ['repository:pull', 'repository:push'], wants: [], uses: [] },
  gate: { command: 'gate', needs: REPORTS, wants: [], uses: [SCANNER] },
  gateRescan: { command: 'gate --rescan', needs: [...REPORTS, STARTS_SCANS], wants: [], uses: [SCANNER] },
  releases: {
    command: 'releases',
    needs: ['repository:pull'],
    wants: [],
    uses: [{ permission: 'artifact:read', without: 'each tag is read over /v2' }, ...RECORDS],
  },
  diff: { command: 'diff', needs: ['repository:pull', ...REPORTS], wants: [], uses: [...RECORDS, SCANNER] },
  diffRescan: {
    command: 'diff --rescan',
    needs: ['repository:pull', ...REPORTS, STARTS_SCANS],
    wants: [],
    uses: [...RECORDS, SCANNER],
  },
  repos: {
    command: 'harbor-repos',
    needs: ['repository:list'],
    wants: [],
    uses: [{ permission: 'artifact:list', without: 'the newest artifact is not shown' }],
  },
  artifacts: { command: 'harbor-artifacts', needs: ['artifact:list'], wants: [], uses: [] },
  scan: { command: 'harbor-scan', needs: REPORTS, wants: [], uses: [SCANNER] },
  triggerScan: { command: 'harbor-trigger-scan', needs: [STARTS_SCANS], wants: [], uses: [] },
  triggerScanAndWait: {
    command: 'harbor-trigger-scan --wait',
    needs: [...REPORTS, STARTS_SCANS],
    wants: [],
    uses: [SCANNER],
  },
  sbom: { command: 'harbor-sbom', needs: REPORTS, wants: [], uses: [SCANNER] },
  triggerSbom: { command: 'harbor-sbom --trigger', needs: [...REPORTS, 'sbom:create'], wants: [], uses: [SCANNER] },
  delete: {
    command: 'harbor-delete',
    needs: ['artifact:read', 'artifact:list', 'artifact:delete'],
    wants: [],
    uses: [],
  },
  untag: { command: 'harbor-untag', needs: ['artifact:read', 'tag:delete'], wants: [], uses: [] },
  gc: { command: 'harbor-gc', needs: GC, wants: [], uses: [] },
  gcAndWait: { command: 'harbor-gc --wait', needs: [...GC, 'garbage-collection:read'], wants: [], uses: [] },
  gcHistory: { command: 'harbor-gc --history', needs: ['garbage-collection:list'], wants: [], uses: [] },
} as const satisfies Readonly<Record<string, CommandPermissions>>;
