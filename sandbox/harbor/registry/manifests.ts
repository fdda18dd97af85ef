import { createHash } from 'node:crypto';
import { type Harbor, timestamp } from '../store/harbor.ts';
import { findArtifact, isDigest } from '../store/lookup.ts';
import { type Artifact, NEVER, type Project, type Reference, type Repository, type Tag } from '../store/state.ts';

interface Descriptor {
  readonly mediaType?: string;
  readonly digest: string;
  readonly size?: number;
  readonly platform?: { readonly architecture?: string; readonly os?: string; readonly variant?: string };
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The fields of a manifest or an index that Harbor reads. */
export interface Manifest {
  readonly mediaType?: string;
  readonly artifactType?: string;
  readonly config?: Descriptor;
  readonly layers?: readonly Descriptor[];
  readonly manifests?: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

const IMAGE_CONFIGS: readonly string[] = [
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
];

const SBOM_TYPE = 'application/vnd.goharbor.harbor.sbom.v1';
const SIGSTORE_BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json';

const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** Records a push: adds the repository and the artifact if they are new, and moves the tag. */
export async function recordPush(
  harbor: Harbor,
  project: Project,
  push: {
    readonly repository: string;
    readonly reference: string;
    readonly contentType: string;
    readonly body: Buffer;
  },
): Promise<Artifact> {
  const digest = digestOf(push.body);
  const known = findArtifact(harbor.store.repository(push.repository), digest);
  const read = known ?? (await readArtifact(harbor, push, digest));
  // A concurrent push may have added them while this one read the config.
  const repository = harbor.store.repository(push.repository) ?? addRepository(harbor, project, push.repository);
  const artifact = findArtifact(repository, digest) ?? addArtifact(repository, read);
  if (!isDigest(push.reference)) moveTag(harbor, repository, artifact, push.reference);
  harbor.store.state.trash = harbor.store.state.trash.filter(
    (each) => each.repository !== push.repository || each.digest !== digest,
  );
  harbor.store.save();
  return artifact;
}

function addRepository(harbor: Harbor, project: Project, name: string): Repository {
  const now = timestamp(harbor);
  return harbor.store.addRepository({
    id: harbor.store.nextId('repository'),
    name,
    projectId: project.id,
    created: now,
    updated: now,
    pulls: 0,
    artifacts: [],
  });
}

function addArtifact(repository: Repository, artifact: Artifact): Artifact {
  repository.artifacts.push(artifact);
  return artifact;
}

/** Moves a tag to an artifact. A tag that already points to it keeps its push time. */
export function moveTag(harbor: Harbor, repository: Repository, artifact: Artifact, name: string): void {
  if (artifact.tags.some((tag) => tag.name === name)) return;
  let id: number | undefined;
  for (const other of repository.artifacts) {
    const at = other.tags.findIndex((tag) => tag.name === name);
    if (at >= 0) id = other.tags.splice(at, 1)[0]?.id;
  }
  const tag: Tag = { id: id ?? harbor.store.nextId('tag'), name, pushed: timestamp(harbor), pulled: NEVER };
  artifact.tags.push(tag);
}

async function readArtifact(
  harbor: Harbor,
  push: {
    readonly repository: string;
    readonly contentType: string;
    readonly body: Buffer;
    readonly reference: string;
  },
  digest: string,
): Promise<Artifact> {
  const manifest = JSON.parse(push.body.toString('utf8')) as Manifest;
  const manifestMediaType = push.contentType || manifest.mediaType || 'application/vnd.oci.image.manifest.v1+json';
  const parts = [...(manifest.config === undefined ? [] : [manifest.config]), ...(manifest.layers ?? [])];
  const mediaType = manifest.config?.mediaType ?? manifestMediaType;
  const artifactType = manifest.artifactType ?? manifest.config?.mediaType;
  const isImage = manifest.manifests !== undefined || IMAGE_CONFIGS.includes(mediaType);
  const references = (manifest.manifests ?? []).map(reference);
  const extraAttrs = manifest.config === undefined ? undefined : await readConfig(harbor, manifest.config, isImage);
  const accessory = accessoryOf(harbor, push.reference, manifest);
  return {
    id: harbor.store.nextId('artifact'),
    digest,
    mediaType,
    manifestMediaType,
    ...(artifactType === undefined ? {} : { artifactType }),
    manifestSize: push.body.length,
    type: isImage ? 'IMAGE' : typeOf(mediaType),
    size: push.body.length + sum(parts.map(({ size = 0 }) => size)) + childrenSize(harbor, push.repository, references),
    pushed: timestamp(harbor),
    pulled: NEVER,
    tags: [],
    ...(manifest.annotations === undefined ? {} : { annotations: manifest.annotations }),
    ...(extraAttrs === undefined ? {} : { extraAttrs }),
    references,
    blobs: parts.map((part) => part.digest),
    ...(accessory === undefined ? {} : { accessory }),
    reports: {},
  };
}

function reference({ digest, platform, annotations }: Descriptor): Reference {
  return {
    digest,
    platform: {
      architecture: platform?.architecture ?? '',
      os: platform?.os ?? '',
      ...(platform?.variant === undefined ? {} : { variant: platform.variant }),
    },
    ...(annotations === undefined ? {} : { annotations }),
  };
}

function childrenSize(harbor: Harbor, repository: string, references: readonly Reference[]): number {
  const children = harbor.store.repository(repository)?.artifacts ?? [];
  return sum(references.map(({ digest }) => children.find((child) => child.digest === digest)?.size ?? 0));
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);

/** The `extra_attrs`: selected fields of an image's config, or the whole config of another artifact. */
async function readConfig(harbor: Harbor, config: Descriptor, isImage: boolean): Promise<unknown> {
  const content = await harbor.registry.readJson(config.digest);
  if (typeof content !== 'object' || content === null || Object.keys(content).length === 0) return undefined;
  if (!isImage) return content;
  const image = content as Record<string, unknown>;
  return {
    architecture: image.architecture ?? '',
    author: image.author ?? '',
    config: image.config ?? {},
    created: image.created ?? NEVER,
    os: image.os ?? '',
  };
}

/** The type of `application/vnd.example.thing.config.v1+json` is THING. */
function typeOf(mediaType: string): string {
  if (mediaType === SBOM_TYPE) return 'SBOM';
  const name = /^application\/vnd\.[^.]*\.(.*)\.config\.[^.]*\+json$/.exec(mediaType)?.[1];
  return name === undefined ? 'UNKNOWN' : name.toUpperCase();
}

/** Signatures, SBOMs and what else names a subject are accessories of it. A signature of cosign 2 names it in its tag. */
function accessoryOf(harbor: Harbor, tag: string, manifest: Manifest): Artifact['accessory'] {
  const [, hex] = /^sha256-([0-9a-f]{64})\.sig$/.exec(tag) ?? [];
  const subjectDigest = hex === undefined ? manifest.subject?.digest : `sha256:${hex}`;
  if (subjectDigest === undefined) return undefined;
  const type = hex === undefined ? accessoryType(harbor, manifest) : 'signature.cosign';
  return { id: harbor.store.nextId('accessory'), type, subjectDigest };
}

function accessoryType(harbor: Harbor, { artifactType, config }: Manifest): string {
  if (harbor.rules.knowsSigstoreBundles && artifactType === SIGSTORE_BUNDLE) return 'signature.cosign';
  if (config?.mediaType === 'application/vnd.cncf.notary.signature') return 'signature.notation';
  return config?.mediaType === SBOM_TYPE ? 'sbom.harbor' : 'subject.accessory';
}
