import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

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

const EMPTY: HarborState = {
  ids: {},
  users: [],
  robots: [],
  projects: [],
  repositories: [],
  scanners: [],
  scanPlans: {},
  gcRuns: [],
  trash: [],
  configurations: {},
};

/** The state of the server, kept in one JSON file. */
export class Store {
  readonly state: HarborState;
  readonly isNew: boolean;
  readonly #file: string;
  readonly #durable: boolean;
  readonly #repositories = new Map<string, Repository>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(folder: string, { durable = false }: { readonly durable?: boolean | undefined } = {}) {
    this.#durable = durable;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#file = join(folder, 'state.json');
    const known = readState(this.#file);
    this.isNew = known === undefined;
    this.state = known ?? structuredClone(EMPTY);
    for (const repository of this.state.repositories) this.#repositories.set(repository.name, repository);
  }

  /** The next id of a kind, starting at 1. */
  nextId(kind: string): number {
    const id = (this.state.ids[kind] ?? 0) + 1;
    this.state.ids[kind] = id;
    return id;
  }

  repository(name: string): Repository | undefined {
    return this.#repositories.get(name);
  }

  addRepository(repository: Repository): Repository {
    this.state.repositories.push(repository);
    this.#repositories.set(repository.name, repository);
    return repository;
  }

  removeRepository(name: string): void {
    this.#repositories.delete(name);
    this.state.repositories = this.state.repositories.filter((repository) => repository.name !== name);
  }

  /** Writes the file within 250 ms, so that many changes need one write. A durable store writes immediately. */
  save(): void {
    if (this.#durable) {
      this.#writeNow();
      return;
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#writing = this.#writing.then(() => this.#write());
    }, 250);
    this.#timer.unref();
  }

  /** Writes the pending changes. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#writing;
    this.#writeNow();
  }

  #writeNow(): void {
    writeFileSync(`${this.#file}.new`, JSON.stringify(this.state), { mode: 0o600 });
    renameSync(`${this.#file}.new`, this.#file);
  }

  async #write(): Promise<void> {
    await writeFile(`${this.#file}.new`, JSON.stringify(this.state), { mode: 0o600 });
    await rename(`${this.#file}.new`, this.#file);
  }
}

function readState(file: string): HarborState | undefined {
  try {
    return { ...structuredClone(EMPTY), ...(JSON.parse(readFileSync(file, 'utf8')) as HarborState) };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
