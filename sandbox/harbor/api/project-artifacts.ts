import { Hono } from 'hono';
import type { Env } from '../auth/identity.ts';
import { authorize } from '../auth/identity.ts';
import { badRequest } from '../http/errors.ts';
import { filterOf, listResponse } from '../http/paging.ts';
import type { Harbor } from '../store/harbor.ts';
import { findProject, listedArtifacts, requireProject } from '../store/lookup.ts';
import type { Artifact, Project, Repository } from '../store/state.ts';
import { showArtifact } from './show-artifact.ts';

interface Row {
  readonly repository: Repository;
  readonly artifact: Artifact;
}

const KEYS = {
  media_type: ({ artifact }: Row) => artifact.mediaType,
  artifact_type: ({ artifact }: Row) => artifact.artifactType,
  type: ({ artifact }: Row) => artifact.type,
  push_time: ({ artifact }: Row) => artifact.pushed,
};

/** `/projects/P/artifacts`: all artifacts of a project, or with `latest_in_repository` the newest of each repository. */
export function projectArtifactRoutes(harbor: Harbor): Hono<Env> {
  const app = new Hono<Env>();
  if (!harbor.rules.hasProjectArtifacts) return app;

  app.get('/projects/:project/artifacts', (c) => {
    authorize(c.get('identity'), findProject(harbor, c), 'artifact', 'list');
    const project = requireProject(harbor, c);
    const show = ({ repository, artifact }: Row) => showArtifact(harbor, c, repository, artifact);
    if (c.req.query('latest_in_repository') !== 'true') {
      return listResponse(c, rowsOf(harbor, project, listedArtifacts), { keys: KEYS, defaultSort: '-push_time' }, show);
    }
    const wanted = filterOf(c.req.query('q')).filter(({ name }) => name === 'media_type' || name === 'artifact_type');
    if (wanted.length !== 1) {
      const rule = "either 'media_type' or 'artifact_type' must be specified, but not both";
      throw badRequest(`bad request: ${rule}, when querying with latest_in_repository`);
    }
    // Harbor does not sort these rows, whatever the client asks for.
    return listResponse(c, newest(harbor, project, wanted[0]), { keys: {}, defaultSort: '' }, show);
  });

  return app;
}

function rowsOf(
  harbor: Harbor,
  project: Project,
  artifactsOf: (repository: Repository) => readonly Artifact[],
): readonly Row[] {
  return harbor.store.state.repositories
    .filter(({ projectId }) => projectId === project.id)
    .flatMap((repository) => artifactsOf(repository).map((artifact) => ({ repository, artifact })));
}

/** The newest artifact of one type in each repository. As in Harbor, it may be the untagged child of an index. */
function newest(
  harbor: Harbor,
  project: Project,
  wanted: { readonly name: string; readonly value: string } | undefined,
): readonly Row[] {
  const rows = rowsOf(harbor, project, ({ artifacts }) => {
    const ofType = artifacts.filter(
      ({ accessory, mediaType, artifactType }) =>
        accessory === undefined && (wanted?.name === 'media_type' ? mediaType : artifactType) === wanted?.value,
    );
    const last = ofType.reduce((time, { pushed }) => (pushed > time ? pushed : time), '');
    return ofType.filter(({ pushed }) => pushed === last);
  });
  return rows.toSorted((a, b) => (a.artifact.digest < b.artifact.digest ? -1 : 1));
}
