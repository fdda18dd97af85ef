import { asRecord, parseObject } from '../../lib/json.ts';
import type { ReleasedService } from '../../model/release.ts';
import type { ReadyContext, RunImage } from '../run/context.ts';
import type { ImagePlan } from './image-plan.ts';
import { showPlan } from './plan.ts';
import { describeImage, type PushedImage } from './push.ts';
import type { ReleaseState } from './recover.ts';

/** What was built: in the registry, when the build has pushed it, else in the engine. */
export interface BuiltImages {
  /** The digests, by public reference, as far as they are known. */
  readonly built: ReadonlyMap<string, string>;
  /** By public reference; undefined for images in the engine. */
  readonly pushed: ReadonlyMap<string, PushedImage> | undefined;
}

/**
 * Finds what was built and equals the image of the current release, labels and times aside: that image stays.
 *
 * @returns the plans of all images
 */
export async function keepSameContent(
  context: ReadyContext,
  planned: readonly ImagePlan[],
  { released, ...built }: BuiltImages & { readonly released: ReleaseState },
): Promise<readonly ImagePlan[]> {
  const current = released.currents.find((each) => each !== undefined)?.record;
  return await Promise.all(
    planned.map(async (each) => {
      const { image } = each;
      const service = current?.services.find(({ repository }) => repository === image.repository);
      const isPublic = image.publicTags.every(
        ({ tag }) => released.expected.get(`${image.repository}:${tag}`) === service?.digest,
      );
      if (each.action !== 'build' || service === undefined || !isPublic) return each;
      return (await hasSameContent(context, { image, service, ...built })) ? keep(context, each, service) : each;
    }),
  );
}

async function keep(context: ReadyContext, plan: ImagePlan, service: ReleasedService): Promise<ImagePlan> {
  const { environment } = context;
  const { image, inputs, fresh } = plan;
  const { since, revision, built } = service;
  const pushed = await describeImage(context, image, service.digest);
  const reasons = [...plan.reasons, `it was built with the same content as release ${since}`];
  // Only a build without a cache makes sure that nothing newer could be had.
  const when = fresh === undefined ? built : environment.now().toISOString();
  const reused = {
    since,
    pushed,
    ...(revision === undefined ? {} : { revision }),
    ...(when === undefined ? {} : { built: when }),
    ...(inputs === undefined || inputs.unknown.length > 0 ? {} : { inputs: inputs.digest }),
  };
  const kept: ImagePlan = { ...plan, action: 'same-content', reasons, reused };
  showPlan(context, kept);
  return kept;
}

interface Comparison extends BuiltImages {
  readonly image: RunImage;
  /** What the current release says. */
  readonly service: ReleasedService;
}

async function hasSameContent(context: ReadyContext, { image, service, built, pushed }: Comparison): Promise<boolean> {
  const { docker, signal } = context;
  if (built.get(image.reference) === service.digest) return true;
  const before = platformsOf(service);
  if (pushed === undefined) {
    const [only, ...more] = before;
    if (only === undefined || more.length > 0) return false;
    const found = await (await docker.connect({ signal })).inspectImage(image.staged, { signal });
    return found !== undefined && contentOf(found) === (await fetchContent(context, image, only.digest));
  }
  const after = pushed.get(image.reference);
  const now = after === undefined ? [] : platformsOf(after);
  if (now.length !== before.length) return false;
  const same = await Promise.all(
    now.map(async ({ platform, digest }) => {
      const old = before.find((each) => each.platform === platform);
      if (old === undefined) return false;
      const [one, other] = await Promise.all([digest, old.digest].map((each) => fetchContent(context, image, each)));
      return one !== undefined && one === other;
    }),
  );
  return same.every((each) => each);
}

/** A registry that tells no platforms has a single image. */
function platformsOf({ digest, platforms }: Pick<PushedImage, 'digest' | 'platforms'>): PushedImage['platforms'] {
  return platforms.length === 0 ? [{ platform: '', digest }] : platforms;
}

/** What a container gets from an image of one platform, as text that can be compared. */
async function fetchContent(
  { registry, signal }: ReadyContext,
  { repository }: RunImage,
  digest: string,
): Promise<string | undefined> {
  const { store } = registry;
  const manifest = read((await store.fetchManifest(repository, digest, { signal })).bytes);
  const config = asRecord(manifest?.config)?.digest;
  if (typeof config !== 'string') return undefined;
  const image = read(await store.fetchBlob(repository, config, { signal }));
  const layers = asRecord(image?.rootfs)?.diff_ids;
  return Array.isArray(layers) ? contentOf({ layers, config: asRecord(image?.config) ?? {} }) : undefined;
}

function read(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  return parseObject(Buffer.from(bytes).toString('utf8'));
}

// The engine adds other keys, which an image does not have; labels may differ in each build.
const KEYS = [
  'Cmd',
  'Entrypoint',
  'Env',
  'ExposedPorts',
  'Healthcheck',
  'OnBuild',
  'Shell',
  'StopSignal',
  'User',
  'Volumes',
  'WorkingDir',
];

function contentOf({
  layers,
  config,
}: {
  readonly layers: readonly unknown[];
  readonly config: Readonly<Record<string, unknown>>;
}): string {
  return JSON.stringify([layers, KEYS.map((key) => comparable(config[key]))]);
}

function comparable(value: unknown): unknown {
  if (value === undefined || value === null || value === '' || value === '/') return null;
  if (typeof value === 'object' && Object.keys(value).length === 0) return null;
  // Ports and volumes are keys of an object, in any order.
  const record = asRecord(value);
  return record === undefined ? value : Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}
