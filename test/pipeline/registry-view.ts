import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { isImageTag } from '../../src/release/release-tags.ts';
import { parseStagingTag } from '../../src/release/staging-tag.ts';
import { basic, type SwitchedHarbor } from '../harness/harbor-server.ts';

/** By `repository:tag`, without the project: `{'api-shop:1.0': 'sha256:…'}`. */
export type Tags = Readonly<Record<string, string>>;

export interface ViewedArtifact {
  readonly repository: string;
  readonly digest: string;
  /** The status of the latest scan; absent when there is none. */
  readonly scan?: string;
  /** The worst severity found. */
  readonly severity?: string;
  /** The digests of an index's images. */
  readonly children: readonly string[];
}

/** The state of a project, read by plain requests that do not use ObjDocker's clients. */
export interface RegistryView {
  /** All tags. */
  all(): Promise<Tags>;
  /** The tags of images, without staging tags and those that keep the images of releases. */
  publicTags(): Promise<Tags>;
  /** The staging tags. */
  ownTags(): Promise<readonly string[]>;
  /** The tags of the release records: `1`, `1.end`. */
  recordTags(): Promise<Tags>;
  /** The release records, the oldest first. */
  records(): Promise<readonly ViewedRecord[]>;
  /** The images, without release records. */
  artifacts(): Promise<readonly ViewedArtifact[]>;
  /** The content of the file in the last layer of each public tag, by `repository:tag`. */
  contents(): Promise<Tags>;
  /** Reads the public tags repeatedly until it is stopped. */
  watch(): TagWatch;
}

/** What the public tags pointed to in the meantime. */
export interface TagWatch {
  /** By `repository:tag`, in order; `undefined` means that the tag did not exist. */
  stop(): Promise<ReadonlyMap<string, readonly (string | undefined)[]>>;
}

/** A release record. */
export interface ViewedRecord {
  readonly number: number;
  readonly run: string;
  readonly state: 'open' | 'done' | 'undoing' | 'undone';
  /** What its public tags are to point to. */
  readonly tags: Tags;
}

interface ArtifactResponse {
  readonly digest: string;
  readonly tags: readonly { readonly name: string }[] | null;
  readonly references: readonly { readonly child_digest: string }[] | null;
  readonly scan_overview?: Readonly<Record<string, { readonly scan_status: string; readonly severity?: string }>>;
}

/** The media types of manifests and indexes. */
export const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

interface Manifest {
  readonly manifests?: readonly { readonly digest: string }[];
  readonly layers?: readonly { readonly digest: string }[];
}

interface RecordContent {
  readonly run: string;
  readonly services: readonly {
    readonly repository: string;
    readonly digest: string;
    readonly tags: readonly { readonly tag: string }[];
  }[];
}

/** Reads as the administrator, without the delays and failures that a test has planned. */
export function viewRegistry({ url, admin }: Pick<SwitchedHarbor, 'url' | 'admin'>, project = 'axion'): RegistryView {
  const headers = { Authorization: basic(admin), 'X-Sandbox-Observer': '1', 'X-Is-Resource-Name': 'true' };
  const list = async <T>(path: string): Promise<T[]> => {
    // With page_size=0 Harbor returns everything.
    const response = await fetch(`${url}/api/v2.0/projects/${project}/${path}?page_size=0&with_scan_overview=true`, {
      headers,
    });
    if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`);
    return (await response.json()) as T[];
  };
  const read = async (): Promise<(readonly [string, ArtifactResponse])[]> => {
    const repositories = await list<{ readonly name: string }>('repositories');
    const lists = await Promise.all(
      repositories.map(async ({ name }) => {
        const repository = name.slice(project.length + 1);
        const found = await list<ArtifactResponse>(`repositories/${repository.replaceAll('/', '%252F')}/artifacts`);
        return found.map((artifact) => [repository, artifact] as const);
      }),
    );
    return lists.flat();
  };
  const tagsOf = async (wanted: (name: string, repository: string) => boolean): Promise<Tags> => {
    const tags = (await read()).flatMap(([repository, artifact]) =>
      (artifact.tags ?? []).map(({ name }) => [repository, name, artifact.digest] as const),
    );
    return Object.fromEntries(
      tags
        .filter(([repository, name]) => wanted(name, repository))
        .map(([repository, name, digest]): [string, string] => [`${repository}:${name}`, digest])
        .toSorted(([a], [b]) => (a < b ? -1 : 1)),
    );
  };
  const blob = (repository: string, path: string) =>
    fetch(`${url}/v2/${project}/${repository}/${path}`, {
      headers: { Authorization: basic(admin), Accept: MANIFESTS },
    });
  const contentOf = async (repository: string, digest: string): Promise<string> => {
    const manifest = (await (await blob(repository, `manifests/${digest}`)).json()) as Manifest;
    const [child] = manifest.manifests ?? [];
    if (child !== undefined) return contentOf(repository, child.digest);
    const layer = await blob(repository, `blobs/${manifest.layers?.at(-1)?.digest}`);
    return (
      gunzipSync(Buffer.from(await layer.arrayBuffer()))
        .toString('latin1', 512)
        .split('\n')[0] ?? ''
    );
  };
  const isOwn = (name: string) => parseStagingTag(name) !== undefined;
  const isRecord = (repository: string) => repository.endsWith('-releases');
  const publicTags = () => tagsOf((name, repository) => !isOwn(name) && !isImageTag(name) && !isRecord(repository));

  return {
    all: () => tagsOf(() => true),
    publicTags,
    ownTags: async () => Object.keys(await tagsOf(isOwn)),
    recordTags: () => tagsOf((_, repository) => isRecord(repository)),
    async records() {
      const tags = await tagsOf((_, repository) => isRecord(repository));
      const locks = Object.entries(tags).filter(([name]) => /:\d+$/.test(name));
      const found = await Promise.all(
        locks.map(async ([name, digest]): Promise<ViewedRecord> => {
          const [repository = '', number = ''] = name.split(':');
          const manifest = (await (await blob(repository, `manifests/${digest}`)).json()) as Manifest;
          const layer = await blob(repository, `blobs/${manifest.layers?.[0]?.digest}`);
          const record = (await layer.json()) as RecordContent;
          const [end, isVoid] = [tags[`${name}.end`], tags[`${name}.void`] !== undefined];
          const state = end === undefined ? 'open' : end === digest ? 'done' : isVoid ? 'undone' : 'undoing';
          const targets = record.services.flatMap((service) =>
            service.tags.map(({ tag }) => [`${service.repository.slice(project.length + 1)}:${tag}`, service.digest]),
          );
          return { number: Number(number), run: record.run, state, tags: Object.fromEntries(targets) };
        }),
      );
      return found.toSorted((a, b) => a.number - b.number);
    },
    async artifacts() {
      const images = (await read()).filter(([repository]) => !isRecord(repository));
      return images.map(([repository, { digest, references, scan_overview = {} }]) => {
        const [overview] = Object.values(scan_overview);
        return {
          repository,
          digest,
          children: (references ?? []).map(({ child_digest }) => child_digest),
          ...(overview === undefined ? {} : { scan: overview.scan_status }),
          ...(overview?.severity === undefined ? {} : { severity: overview.severity }),
        };
      });
    },
    async contents() {
      const tags = Object.entries(await publicTags());
      const read = tags.map(async ([name, digest]) => [name, await contentOf(name.split(':')[0] ?? '', digest)]);
      return Object.fromEntries(await Promise.all(read));
    },
    watch: () => watchTags(publicTags),
  };
}

function watchTags(read: () => Promise<Tags>): TagWatch {
  const seen = new Map<string, (string | undefined)[]>();
  let stopped = false;
  const look = async (): Promise<void> => {
    // A server that is restarting does not respond.
    const tags = await read().catch(() => undefined);
    if (tags === undefined) return;
    for (const name of new Set([...seen.keys(), ...Object.keys(tags)])) {
      const digests = seen.get(name) ?? [];
      if (digests.length === 0 || digests.at(-1) !== tags[name]) digests.push(tags[name]);
      seen.set(name, digests);
    }
  };
  const watching = (async () => {
    while (!stopped) {
      await look();
      await sleep(15);
    }
    await look();
  })();
  return {
    async stop() {
      stopped = true;
      await watching;
      return seen;
    },
  };
}
