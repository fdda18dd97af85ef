import { createHash, randomUUID } from 'node:crypto';
import type { Context } from 'hono';
import type { Env } from '../auth/identity.ts';
import { badRequest } from '../http/errors.ts';
import { recordPush } from '../registry/manifests.ts';
import { discard } from '../store/discard.ts';
import { type Harbor, timestamp } from '../store/harbor.ts';
import { findArtifact, projectOfRepository } from '../store/lookup.ts';
import { type Artifact, NEVER, type Repository, type SbomReport } from '../store/state.ts';
import { SAMPLE_SCANNER } from './findings.ts';
import { canScan, failureOf, imagesToScan, pause, planOf, scannedImages, whileHeld } from './jobs.ts';
import { spdxOf } from './spdx.ts';

const SBOM_TYPE = 'application/vnd.goharbor.harbor.sbom.v1';
const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';

/** Starts generating the SBOM of every image of an artifact. @throws {HarborError} as Harbor */
export function startSbom(harbor: Harbor, repository: Repository, artifact: Artifact): void {
  const { images } = imagesToScan(harbor, repository, artifact, ({ sbom }) => sbom?.status);
  for (const image of images) {
    const earlier = image.sbom?.digest;
    const report: SbomReport = { id: randomUUID(), status: 'Pending', started: NEVER, ended: NEVER };
    image.sbom = report;
    harbor.store.save();
    void runSbom(harbor, repository, image, report, earlier);
  }
}

async function runSbom(
  harbor: Harbor,
  repository: Repository,
  image: Artifact,
  report: SbomReport,
  earlier: string | undefined,
): Promise<void> {
  const { scanTime = harbor.timings.scanTime } = planOf(harbor, repository, image) ?? {};
  const isOpen = () => report.status === 'Pending' || report.status === 'Running';
  if (!(await pause(harbor, scanTime * 0.25)) || !isOpen()) return;
  report.status = 'Running';
  const started = timestamp(harbor);
  if (!(await pause(harbor, scanTime * 0.75)) || !isOpen()) return;
  if (!(await whileHeld(harbor, repository, image, isOpen))) return;
  const digest = failureOf(harbor, image) === undefined ? await pushSbom(harbor, repository, image) : undefined;
  const old = earlier === undefined || earlier === digest ? undefined : findArtifact(repository, earlier);
  if (old !== undefined) discard(harbor, repository, old);
  report.status = digest === undefined ? 'Error' : 'Success';
  report.started = started;
  report.ended = timestamp(harbor);
  if (digest !== undefined) report.digest = digest;
  harbor.store.save();
}

/** Pushes the SBOM as an accessory of the image. @returns its digest */
async function pushSbom(harbor: Harbor, repository: Repository, image: Artifact): Promise<string | undefined> {
  const project = projectOfRepository(harbor, repository.name);
  if (project === undefined) return undefined;
  const created = timestamp(harbor);
  const packages = await harbor.findings.packagesOf(image);
  const content = Buffer.from(JSON.stringify(spdxOf(`${repository.name}@${image.digest}`, packages, created)));
  const config = Buffer.from(
    JSON.stringify({
      architecture: '',
      config: {},
      created: NEVER,
      history: [{ author: 'harbor', created: NEVER, created_by: 'harbor' }],
      os: '',
      rootfs: { diff_ids: [described(content, '').digest], type: 'layers' },
    }),
  );
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: described(config, SBOM_TYPE),
      layers: [described(content, 'application/vnd.oci.image.layer.v1.tar')],
      annotations: { created, 'created-by': 'Harbor', 'org.opencontainers.artifact.description': 'SPDX JSON SBOM' },
      subject: { mediaType: image.manifestMediaType, size: image.manifestSize, digest: image.digest },
    }),
  );
  const { digest } = described(manifest, MANIFEST_TYPE);
  for (const bytes of [config, content]) await harbor.registry.putBlob(repository.name, bytes);
  await harbor.registry.putManifest(repository.name, digest, MANIFEST_TYPE, manifest);
  const push = { repository: repository.name, reference: digest, contentType: MANIFEST_TYPE, body: manifest };
  await recordPush(harbor, project, push);
  return digest;
}

const described = (bytes: Buffer, mediaType: string) => ({
  mediaType,
  size: bytes.length,
  digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
});

/** Stops the running generations. */
export function stopSbom(harbor: Harbor, repository: Repository, artifact: Artifact): void {
  const reports = scannedImages(repository, artifact).flatMap(({ sbom }) => sbom ?? []);
  if (reports.length === 0) throw badRequest(`no scan job for artifact digest=${artifact.digest}`);
  for (const report of reports) {
    if (report.status === 'Pending' || report.status === 'Running') report.status = 'Stopped';
  }
  harbor.store.save();
}

/** The `sbom_overview`. As in Harbor, that of an index names no SBOM: its platforms have one each. */
export function sbomOverview(harbor: Harbor, repository: Repository, artifact: Artifact): unknown {
  if (!harbor.rules.hasSbom || !canScan(harbor, artifact)) return undefined;
  const reports = scannedImages(repository, artifact).flatMap(({ sbom }) => sbom ?? []);
  const [first] = reports;
  if (first === undefined) return undefined;
  const order = ['Success', 'Running', 'Pending', 'Error', 'Stopped'] as const;
  const status = order.find((each) => reports.some((report) => report.status === each)) ?? first.status;
  const times = { end_time: first.ended, scan_status: status, start_time: first.started };
  if (status !== 'Success') return artifact.references.length > 0 ? times : { ...times, report_id: first.id };
  const duration = Math.max(1, Math.round((Date.parse(first.ended) - Date.parse(first.started)) / 1000));
  if (artifact.references.length > 0) return { duration, ...times };
  return { duration, ...times, sbom_digest: first.digest, scanner: SAMPLE_SCANNER };
}

/** The SBOM that an accessory holds. The image itself has no such addition. */
export async function sbomAddition(harbor: Harbor, c: Context<Env>, artifact: Artifact): Promise<Response> {
  const [, layer] = artifact.blobs;
  if (artifact.mediaType !== SBOM_TYPE || layer === undefined) {
    const what = artifact.references.length > 0 ? '' : ` for ${artifact.type}(manifest version 2)`;
    throw badRequest(`addition SBOM isn't supported${what}`);
  }
  c.header('Content-Type', SBOM_TYPE);
  return c.body(JSON.stringify(await harbor.registry.readJson(layer)));
}
