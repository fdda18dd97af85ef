/** Harbor's value for a time that is not set. */
export const NEVER = '0001-01-01T00:00:00.000Z';

export type Role = 'projectAdmin' | 'maintainer' | 'developer' | 'guest' | 'limitedGuest';

export interface User {
  readonly id: number;
  readonly name: string;
  readonly email: string;
  readonly realname: string;
  readonly comment: string;
  readonly admin: boolean;
  readonly created: string;
  /** The salt and the hash of the password. */
  secret: string;
}

export interface Access {
  readonly resource: string;
  readonly action: string;
}

export interface RobotPermission {
  readonly kind: string;
  readonly namespace: string;
  readonly access: readonly Access[];
}

export interface Robot {
  readonly id: number;
  /** The name with its prefix: `robot$axion+ci`. */
  readonly name: string;
  readonly level: 'project' | 'system';
  readonly created: string;
  description: string;
  disabled: boolean;
  duration: number;
  /** Seconds since 1970, or -1. */
  expires: number;
  permissions: readonly RobotPermission[];
  secret: string;
}

export interface ImmutableRule {
  readonly id: number;
  /** The rule as the client sent it. */
  readonly rule: unknown;
  readonly tagPatterns: readonly string[];
  readonly repositoryPatterns: readonly string[];
  readonly disabled: boolean;
}

export interface Project {
  readonly id: number;
  readonly name: string;
  readonly ownerId: number;
  readonly ownerName: string;
  readonly created: string;
  metadata: Record<string, string>;
  readonly members: { readonly id: number; readonly userId: number; readonly role: Role }[];
  readonly immutableRules: ImmutableRule[];
  /** The tag retention, as the client sent it. */
  retention?: { readonly id: number; readonly policy: unknown };
  /** The id of its scanner. @default the default scanner */
  scanner?: string;
  /** In bytes. -1 means no limit. */
  storageLimit: number;
}

export interface Tag {
  readonly id: number;
  readonly name: string;
  readonly pushed: string;
  pulled: string;
}

export interface Reference {
  readonly digest: string;
  readonly platform: { readonly architecture: string; readonly os: string; readonly variant?: string };
  readonly annotations?: Readonly<Record<string, string>>;
}

export type ScanStatus = 'Pending' | 'Running' | 'Success' | 'Error' | 'Stopped';

/** A finding of a report, in Harbor's form. */
export interface Vulnerability {
  readonly id: string;
  readonly package: string;
  readonly version: string;
  readonly fix_version: string;
  readonly severity: string;
  /** The state of the fix in the distribution: `affected`, `fixed`, `will_not_fix`. @default by the fix */
  readonly status?: string;
  readonly description: string;
  readonly links: readonly string[] | null;
  readonly preferred_cvss?: unknown;
  readonly cwe_ids?: readonly string[] | null;
  readonly vendor_attributes?: unknown;
}

/** The findings of one image, or the number of generated findings. */
export type ScanResult = readonly Vulnerability[] | { readonly madeUp: number };

export interface ScanReport {
  readonly id: string;
  readonly scanner: string;
  status: ScanStatus;
  started: string;
  ended: string;
  result?: ScanResult;
  log: string[];
}

/** The generation of an SBOM. */
export interface SbomReport {
  readonly id: string;
  status: ScanStatus;
  started: string;
  ended: string;
  /** The accessory with the SBOM. */
  digest?: string;
}

/** Determines the scans of a repository's images, also before they exist. */
export interface ScanPlan {
  readonly outcome?: ScanResult | { readonly fails: string };
  /** The scans stay Running while this is true. */
  readonly holds?: boolean;
  /** The duration of each scan in milliseconds. @default the server's `scanTime` */
  readonly scanTime?: number;
}

export interface Accessory {
  readonly id: number;
  readonly type: string;
  readonly subjectDigest: string;
}

export interface Artifact {
  readonly id: number;
  readonly digest: string;
  /** The media type of the config, or of the index itself. */
  readonly mediaType: string;
  readonly manifestMediaType: string;
  /** The manifest's own artifactType, or the config's media type. An index has none. */
  readonly artifactType?: string;
  readonly manifestSize: number;
  /** `IMAGE`, or the type that the config's media type names. */
  readonly type: string;
  readonly size: number;
  readonly pushed: string;
  pulled: string;
  readonly tags: Tag[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly extraAttrs?: unknown;
  readonly references: readonly Reference[];
  /** The digests of config and layers. */
  readonly blobs: readonly string[];
  readonly accessory?: Accessory;
  /** The planned result of its next scans. */
  plannedScan?: ScanResult | { readonly fails: string };
  sbom?: SbomReport;
  /** By scanner id. */
  reports: Record<string, ScanReport>;
}

export interface Repository {
  readonly id: number;
  /** The name with the project: `axion/services/api`. */
  readonly name: string;
  readonly projectId: number;
  readonly created: string;
  /** Harbor updates it on pulls and on changes of the description, not on pushes. */
  updated: string;
  pulls: number;
  description?: string;
  artifacts: Artifact[];
}

export interface Scanner {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly url: string;
  readonly created: string;
  updated: string;
  disabled: boolean;
  isDefault: boolean;
}

export interface GcRun {
  readonly id: number;
  /** The id of the job in the job service. */
  readonly job: string;
  readonly created: string;
  updated: string;
  status: 'Pending' | 'Running' | 'Success' | 'Error' | 'Stopped';
  parameters: Record<string, unknown>;
  log: string[];
}

/** A deleted manifest that the next gc removes. */
export interface Trash {
  readonly repository: string;
  readonly digest: string;
  readonly mediaType: string;
  readonly trashed: string;
}

export interface HarborState {
  ids: Record<string, number>;
  users: User[];
  robots: Robot[];
  projects: Project[];
  repositories: Repository[];
  scanners: Scanner[];
  /** The key is the repository, or `<repository> <platform>` for one platform. */
  scanPlans: Record<string, ScanPlan>;
  gcRuns: GcRun[];
  trash: Trash[];
  configurations: Record<string, unknown>;
  gcSchedule?: { readonly id: number; readonly created: string; readonly cron: string; readonly type: string };
}
