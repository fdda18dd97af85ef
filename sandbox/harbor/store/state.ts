import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** How Harbor writes a time that never was. */
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
  /** Salt and hash, never the password. */
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
  /** With its prefix: `robot$axion+ci`. */
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
  /** The rule as it was given. */
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
  /** The scanner chosen for it; the default one otherwise. */
  scanner?: string;
  /** Bytes; -1 is no limit. */
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

/** A finding as Harbor's report has it. */
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

/** What a scan of one image found: findings, or how many made-up ones. */
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

/** What the scans of a repository's images do, said before there is an image. */
export interface ScanPlan {
  readonly outcome?: ScanResult | { readonly fails: string };
  /** They run, and do not end, as long as it is so. */
  readonly holds?: boolean;
  /** How long each takes, in milliseconds, instead of the server's pace. */
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
  /** The media type of its config; of itself for an index. */
  readonly mediaType: string;
  readonly manifestMediaType: string;
  /** `IMAGE`, or what the config's media type says. */
  readonly type: string;
  readonly size: number;
  readonly pushed: string;
  pulled: string;
  readonly tags: Tag[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly extraAttrs?: unknown;
  readonly references: readonly Reference[];
  /** Config and layers. */
  readonly blobs: readonly string[];
  readonly accessory?: Accessory;
  /** What its next scans find, or why they fail, when somebody has said so beforehand. */
  plannedScan?: ScanResult | { readonly fails: string };
  /** By scanner. */
  reports: Record<string, ScanReport>;
}

export interface Repository {
  readonly id: number;
  /** With the project: `axion/services/api`. */
  readonly name: string;
  readonly projectId: number;
  readonly created: string;
  /** Harbor moves it when somebody pulls or describes, not when somebody pushes. */
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
  /** The job service's own name for it. */
  readonly job: string;
  readonly created: string;
  updated: string;
  status: 'Pending' | 'Running' | 'Success' | 'Error' | 'Stopped';
  parameters: Record<string, unknown>;
  log: string[];
}

/** A manifest that was deleted and waits for the garbage collection. */
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
  /** By repository, or by `<repository> <platform>` for the images of one platform. */
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

/** Everything the server knows, kept in one JSON file of a folder. */
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

  /** The next number of a kind, from 1. */
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

  /** Writes the file soon, for many changes at once cost one write; a durable store at once, as a database commits before it answers. */
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

  /** Writes what is not written yet. */
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
