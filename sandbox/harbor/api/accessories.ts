import { Hono } from 'hono';
import type { Env } from '../auth/identity.ts';
import { authorize } from '../auth/identity.ts';
import { listResponse } from '../http/paging.ts';
import type { Harbor } from '../store/harbor.ts';
import { accessoriesOf, projectNamed, repositoryName, requireArtifact } from '../store/lookup.ts';
import type { Artifact, Repository } from '../store/state.ts';

/** The signatures, SBOMs and other accessories of an artifact. */
export function accessoryRoutes(harbor: Harbor): Hono<Env> {
  const app = new Hono<Env>();
  app.get('/projects/:project/repositories/:repository/artifacts/:reference/accessories', (c) => {
    authorize(c.get('identity'), projectNamed(harbor, c.req.param('project')), 'accessory', 'list');
    const { repository, artifact } = requireArtifact(harbor, repositoryName(c), c.req.param('reference'));
    const accessories = accessoriesOf(repository, artifact.digest);
    return listResponse(c, accessories, { keys: {}, defaultSort: '' }, (each) =>
      showAccessory(repository, artifact, each),
    );
  });
  return app;
}

export function showAccessory(repository: Repository, subject: Artifact, artifact: Artifact): unknown {
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
