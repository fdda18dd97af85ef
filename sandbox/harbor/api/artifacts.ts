import { type Context, Hono } from 'hono';
import type { Env } from '../auth/identity.ts';
import { authorize } from '../auth/identity.ts';
import { badRequest, broken, invalid, notFound, precondition } from '../http/errors.ts';
import { empty, json, type ListRules, listResponse } from '../http/paging.ts';
import { scannerOf } from '../scan/jobs.ts';
import { acceptsReport, hasReadableReports, scanReport } from '../scan/reports.ts';
import { sbomAddition } from '../scan/sbom.ts';
import { discard } from '../store/discard.ts';
import type { Harbor } from '../store/harbor.ts';
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
import { showArtifact } from './show-artifact.ts';

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

  app.get(`${ARTIFACTS}/:reference/additions/:addition`, async (c) => {
    const addition = c.req.param('addition');
    authorize(c.get('identity'), projectNamed(harbor, c.req.param('project')), 'artifact-addition', 'read');
    const { repository, artifact } = requireArtifact(harbor, repositoryName(c), c.req.param('reference'));
    if (addition === 'vulnerabilities') return vulnerabilities(harbor, c, repository, artifact);
    if (addition === 'build_history') return json(c, await buildHistory(harbor, artifact));
    if (!harbor.rules.additions.split(' ').includes(addition)) {
      throw invalid(`addition in path should be one of [${harbor.rules.additions}]`);
    }
    if (addition === 'sbom') return sbomAddition(harbor, c, artifact);
    throw notFound(`addition ${addition} of ${repository.name}@${artifact.digest} not found`);
  });

  return app;
}

function vulnerabilities(harbor: Harbor, c: Context<Env>, repository: Repository, artifact: Artifact): Response {
  const project = projectOfRepository(harbor, repository.name);
  const scanner = project === undefined ? undefined : scannerOf(harbor, project);
  if (scanner === undefined) throw notFound(`no scanner registration configured for project: ${repository.projectId}`);
  if (!hasReadableReports(harbor, artifact)) {
    throw notFound(`report not found for ${repository.name}@${artifact.digest}`);
  }
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
