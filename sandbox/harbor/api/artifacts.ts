import { type Context, Hono } from 'hono';
import type { Env } from '../auth/identity.ts';
import { authorize } from '../auth/identity.ts';
import { badRequest, broken, invalid, notFound, precondition } from '../http/errors.ts';
import { empty, json, type ListRules, listResponse } from '../http/paging.ts';
import { canScan, scannerOf } from '../scan/jobs.ts';
import { acceptsReport, scanOverview, scanReport } from '../scan/reports.ts';
import { type Harbor, timestamp } from '../store/harbor.ts';
import {
  indexesOf,
  listedArtifacts,
  projectNamed,
  projectOfRepository,
  repositoryName,
  requireArtifact,
} from '../store/lookup.ts';
import type { Artifact, Repository } from '../store/state.ts';
import { requireMutable } from './immutable.ts';
import { showTag } from './tags.ts';

const LIST: ListRules<Artifact> = {
  keys: {
    push_time: ({ pushed }) => pushed,
    pull_time: ({ pulled }) => pulled,
    creation_time: ({ pushed }) => pushed,
    digest: ({ digest }) => digest,
    tags: ({ tags }) => tags.map(({ name }) => name),
    type: ({ type }) => type,
    media_type: ({ mediaType }) => mediaType,
    size: ({ size }) => size,
  },
  defaultSort: '-push_time',
};

const ARTIFACTS = '/projects/:project/repositories/:repository/artifacts';

/** The artifacts of a repository and their additions. */
export function artifactRoutes(harbor: Harbor): Hono<Env> {
  const app = new Hono<Env>();

  app.get(ARTIFACTS, (c) => {
    authorize(c.get('identity'), projectNamed(harbor, c.req.param('project')), 'artifact', 'list');
    // Harbor responds to an unknown repository with an empty list.
    const repository = harbor.store.repository(repositoryName(c));
    const artifacts = repository === undefined ? [] : listedArtifacts(repository);
    return listResponse(c, artifacts, LIST, (artifact) =>
      repository === undefined ? undefined : showArtifact(harbor, c, repository, artifact),
    );
  });

  app.get(`${ARTIFACTS}/:reference`, (c) => {
    authorize(c.get('identity'), projectNamed(harbor, c.req.param('project')), 'artifact', 'read');
    const { repository, artifact } = requireArtifact(harbor, repositoryName(c), c.req.param('reference'));
    return json(c, showArtifact(harbor, c, repository, artifact));
  });

  app.delete(`${ARTIFACTS}/:reference`, (c) => {
    authorize(c.get('identity'), projectNamed(harbor, c.req.param('project')), 'artifact', 'delete');
    const { repository, artifact } = requireArtifact(harbor, repositoryName(c), c.req.param('reference'));
    deleteArtifact(harbor, repository, artifact);
    return empty(c, 200);
  });

  app.get(`${ARTIFACTS}/:reference/accessories`, (c) => {
    authorize(c.get('identity'), projectNamed(harbor, c.req.param('project')), 'accessory', 'list');
    const { repository, artifact } = requireArtifact(harbor, repositoryName(c), c.req.param('reference'));
    return listResponse(c, accessoriesOf(repository, artifact), { keys: {}, defaultSort: '' }, (each) =>
      showAccessory(repository, artifact, each),
    );
  });

  app.get(`${ARTIFACTS}/:reference/additions/:addition`, async (c) => {
    const addition = c.req.param('addition');
    authorize(c.get('identity'), projectNamed(harbor, c.req.param('project')), 'artifact-addition', 'read');
    const { repository, artifact } = requireArtifact(harbor, repositoryName(c), c.req.param('reference'));
    if (addition === 'vulnerabilities') return vulnerabilities(harbor, c, repository, artifact);
    if (addition === 'build_history') return json(c, await buildHistory(harbor, artifact));
    if (!['values.yaml', 'readme.md', 'dependencies'].includes(addition)) {
      throw invalid('addition in path should be one of [build_history values.yaml readme.md dependencies]');
    }
    throw notFound(`addition ${addition} of ${repository.name}@${artifact.digest} not found`);
  });

  return app;
}

function vulnerabilities(harbor: Harbor, c: Context<Env>, repository: Repository, artifact: Artifact): Response {
  const project = projectOfRepository(harbor, repository.name);
  const scanner = project === undefined ? undefined : scannerOf(harbor, project);
  if (scanner === undefined) throw notFound(`no scanner registration configured for project: ${repository.projectId}`);
  if (!canScan(harbor, artifact)) throw notFound(`report not found for ${repository.name}@${artifact.digest}`);
  const accepted = acceptsReport(c.req.header('X-Accept-Vulnerabilities'));
  return json(c, (accepted ? scanReport(harbor, repository, artifact) : undefined) ?? {});
}

async function buildHistory(harbor: Harbor, artifact: Artifact): Promise<unknown> {
  if (artifact.type !== 'IMAGE' || artifact.references.length > 0) {
    throw badRequest(`the processor for artifact ${artifact.type} not found, cannot get the addition`);
  }
  if (harbor.down.has('registry')) throw broken();
  const [config] = artifact.blobs;
  const content = config === undefined ? undefined : await harbor.registry.readJson(config);
  const { history } = (content ?? {}) as { history?: unknown };
  return history ?? [];
}

/** @throws {HarborError} 412 when a tag is immutable or an index references the artifact. */
export function deleteArtifact(harbor: Harbor, repository: Repository, artifact: Artifact): void {
  requireMutable(projectOfRepository(harbor, repository.name), repository, artifact.tags);
  if (indexesOf(repository, artifact).length > 0) {
    throw precondition('the deleting artifact is referenced by others', 'VIOLATE_FOREIGN_KEY_CONSTRAINT');
  }
  discard(harbor, repository, artifact);
  harbor.store.save();
}

/** Deletes an artifact with its accessories, and with the children that no tag and no other index references. */
export function discard(harbor: Harbor, repository: Repository, artifact: Artifact): void {
  repository.artifacts = repository.artifacts.filter((each) => each !== artifact);
  harbor.store.state.trash.push({
    repository: repository.name,
    digest: artifact.digest,
    mediaType: artifact.manifestMediaType,
    trashed: timestamp(harbor),
  });
  for (const accessory of accessoriesOf(repository, artifact)) discard(harbor, repository, accessory);
  for (const { digest } of artifact.references) {
    const child = repository.artifacts.find((each) => each.digest === digest);
    if (child !== undefined && child.tags.length === 0 && indexesOf(repository, child).length === 0) {
      discard(harbor, repository, child);
    }
  }
}

const accessoriesOf = (repository: Repository, { digest }: Artifact): readonly Artifact[] =>
  repository.artifacts.filter(({ accessory }) => accessory?.subjectDigest === digest);

function showAccessory(repository: Repository, subject: Artifact, artifact: Artifact): unknown {
  return {
    artifact_id: artifact.id,
    creation_time: artifact.pushed,
    digest: artifact.digest,
    icon: '',
    id: artifact.accessory?.id,
    size: artifact.size,
    subject_artifact_digest: subject.digest,
    subject_artifact_id: subject.id,
    subject_artifact_repo: repository.name,
    type: artifact.accessory?.type,
  };
}

/** An artifact in the API's form. The query selects optional parts. */
function showArtifact(harbor: Harbor, c: Context<Env>, repository: Repository, artifact: Artifact): unknown {
  const wants = (name: string, fallback: string) => (c.req.query(name) ?? fallback) === 'true';
  const accessories = wants('with_accessory', 'false') ? accessoriesOf(repository, artifact) : [];
  const wantsScan = wants('with_scan_overview', 'false') && acceptsReport(c.req.header('X-Accept-Vulnerabilities'));
  const overview = wantsScan ? scanOverview(harbor, repository, artifact) : undefined;
  const links = additionLinks(harbor, repository, artifact);
  const withImmutable = wants('with_immutable_status', 'false');
  const tags = artifact.tags.map((tag) => showTag(harbor, repository, artifact, tag, withImmutable));
  return {
    accessories: accessories.length === 0 ? null : accessories.map((each) => showAccessory(repository, artifact, each)),
    ...(Object.keys(links).length === 0 ? {} : { addition_links: links }),
    ...(artifact.annotations === undefined ? {} : { annotations: artifact.annotations }),
    digest: artifact.digest,
    ...(artifact.extraAttrs === undefined ? {} : { extra_attrs: artifact.extraAttrs }),
    icon: `sha256:${'0'.repeat(64)}`,
    id: artifact.id,
    labels: null,
    manifest_media_type: artifact.manifestMediaType,
    media_type: artifact.mediaType,
    project_id: repository.projectId,
    pull_time: artifact.pulled,
    push_time: artifact.pushed,
    references: showReferences(repository, artifact),
    repository_id: repository.id,
    ...(overview === undefined ? {} : { scan_overview: overview }),
    size: artifact.size,
    tags: wants('with_tag', 'true') && tags.length > 0 ? tags : null,
    type: artifact.type,
  };
}

function showReferences(repository: Repository, artifact: Artifact): unknown {
  if (artifact.references.length === 0) return null;
  return artifact.references.map(({ digest, platform, annotations }) => ({
    ...(annotations === undefined ? {} : { annotations }),
    child_digest: digest,
    child_id: repository.artifacts.find((each) => each.digest === digest)?.id ?? 0,
    parent_id: artifact.id,
    platform: { OsFeatures: null, ...platform },
    urls: null,
  }));
}

/** Slashes in repository names are encoded twice, as in request paths. */
function additionLinks(harbor: Harbor, repository: Repository, artifact: Artifact): Record<string, unknown> {
  if (artifact.type !== 'IMAGE') return {};
  const [project = '', ...rest] = repository.name.split('/');
  const base = `/api/v2.0/projects/${project}/repositories/${rest.join('%252F')}/artifacts/${artifact.digest}/additions`;
  const link = (name: string) => ({ [name]: { absolute: false, href: `${base}/${name}` } });
  const home = projectOfRepository(harbor, repository.name);
  const scannable = home !== undefined && scannerOf(harbor, home) !== undefined && canScan(harbor, artifact);
  return {
    ...(artifact.references.length === 0 ? link('build_history') : {}),
    ...(scannable ? link('vulnerabilities') : {}),
  };
}
