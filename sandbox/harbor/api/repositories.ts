import { Hono } from 'hono';
import type { Env } from '../auth/identity.ts';
import { authorize, may } from '../auth/identity.ts';
import { readBody, textOf } from '../http/body.ts';
import { notFound } from '../http/errors.ts';
import { empty, json, type ListRules, listResponse } from '../http/paging.ts';
import { discard } from '../store/discard.ts';
import { type Harbor, timestamp } from '../store/harbor.ts';
import {
  listedArtifacts,
  projectNamed,
  projectOfRepository,
  repositoryName,
  requireRepository,
} from '../store/lookup.ts';
import type { Repository } from '../store/state.ts';
import { requireMutable } from './immutable.ts';

const LIST: ListRules<Repository> = {
  keys: {
    name: ({ name }) => name,
    creation_time: ({ created }) => created,
    update_time: ({ updated }) => updated,
    pull_count: ({ pulls }) => pulls,
    repository_id: ({ id }) => id,
  },
  defaultSort: '-creation_time',
};

/** `/repositories` and `/projects/P/repositories`. */
export function repositoryRoutes(harbor: Harbor): Hono<Env> {
  const app = new Hono<Env>();

  app.get('/repositories', (c) => {
    const identity = c.get('identity');
    const visible = harbor.store.state.repositories.filter(({ name }) => {
      const project = projectOfRepository(harbor, name);
      return project !== undefined && may(identity, project, 'repository', 'list');
    });
    return listResponse(c, visible, LIST, showRepository);
  });

  app.get('/projects/:project/repositories', (c) => {
    const name = c.req.param('project');
    const project = projectNamed(harbor, name);
    authorize(c.get('identity'), project, 'repository', 'list');
    if (project === undefined) throw notFound(`project ${name} not found`);
    const own = harbor.store.state.repositories.filter(({ projectId }) => projectId === project.id);
    return listResponse(c, own, LIST, showRepository);
  });

  app.get('/projects/:project/repositories/:repository', (c) => {
    authorize(c.get('identity'), projectNamed(harbor, c.req.param('project')), 'repository', 'read');
    return json(c, showRepository(requireRepository(harbor, repositoryName(c))));
  });

  app.put('/projects/:project/repositories/:repository', async (c) => {
    authorize(c.get('identity'), projectNamed(harbor, c.req.param('project')), 'repository', 'update');
    const body = await readBody(c, 'repository');
    const repository = requireRepository(harbor, repositoryName(c));
    repository.description = textOf(body.description);
    repository.updated = timestamp(harbor);
    harbor.store.save();
    return empty(c, 200);
  });

  app.delete('/projects/:project/repositories/:repository', (c) => {
    const project = projectNamed(harbor, c.req.param('project'));
    authorize(c.get('identity'), project, 'repository', 'delete');
    const repository = requireRepository(harbor, repositoryName(c));
    for (const artifact of repository.artifacts) requireMutable(project, repository, artifact.tags);
    for (const artifact of [...repository.artifacts]) discard(harbor, repository, artifact);
    harbor.store.removeRepository(repository.name);
    harbor.store.save();
    return empty(c, 200);
  });

  return app;
}

function showRepository(repository: Repository): unknown {
  return {
    artifact_count: listedArtifacts(repository).length,
    creation_time: repository.created,
    ...(repository.description === undefined ? {} : { description: repository.description }),
    id: repository.id,
    name: repository.name,
    project_id: repository.projectId,
    pull_count: repository.pulls,
    update_time: repository.updated,
  };
}
