import { Hono } from 'hono';
import type { Env } from '../auth/identity.ts';
import { authorize } from '../auth/identity.ts';
import { readBody, textOf } from '../http/body.ts';
import { badRequest, conflict, invalid, notFound } from '../http/errors.ts';
import { empty, type ListRules, listResponse } from '../http/paging.ts';
import { moveTag } from '../registry/manifests.ts';
import type { Harbor } from '../store/harbor.ts';
import { projectNamed, projectOfRepository, repositoryName, requireArtifact } from '../store/lookup.ts';
import type { Artifact, Repository, Tag } from '../store/state.ts';
import { isImmutable, requireMutable } from './immutable.ts';

const LIST: ListRules<Tag> = {
  keys: { name: ({ name }) => name, push_time: ({ pushed }) => pushed, pull_time: ({ pulled }) => pulled },
  defaultSort: '-push_time',
};

const TAGS = '/projects/:project/repositories/:repository/artifacts/:reference/tags';

/** The tags of an artifact. */
export function tagRoutes(harbor: Harbor): Hono<Env> {
  const app = new Hono<Env>();

  app.get(TAGS, (c) => {
    authorize(c.get('identity'), projectNamed(harbor, c.req.param('project')), 'tag', 'list');
    const { repository, artifact } = requireArtifact(harbor, repositoryName(c), c.req.param('reference'));
    const withImmutable = c.req.query('with_immutable_status') === 'true';
    return listResponse(c, artifact.tags, LIST, (tag) => showTag(harbor, repository, artifact, tag, withImmutable));
  });

  app.post(TAGS, async (c) => {
    authorize(c.get('identity'), projectNamed(harbor, c.req.param('project')), 'tag', 'create');
    const name = textOf((await readBody(c, 'tag')).name);
    if (name === '' && harbor.rules.requiresTagName) {
      throw invalid('validation failure list:\nname in body is required');
    }
    const { repository, artifact } = requireArtifact(harbor, repositoryName(c), c.req.param('reference'));
    if (!/^\w[\w.-]{0,127}$/.test(name)) throw badRequest(`bad request: invalid tag name: ${name}`);
    if (repository.artifacts.some(({ tags }) => tags.some((tag) => tag.name === name))) {
      throw conflict(`tag ${name} already exists under the repository ${repository.id}`);
    }
    moveTag(harbor, repository, artifact, name);
    harbor.store.save();
    return empty(c, 201);
  });

  app.delete(`${TAGS}/:tag`, (c) => {
    authorize(c.get('identity'), projectNamed(harbor, c.req.param('project')), 'tag', 'delete');
    const { repository, artifact } = requireArtifact(harbor, repositoryName(c), c.req.param('reference'));
    const name = c.req.param('tag');
    const at = artifact.tags.findIndex((tag) => tag.name === name);
    if (at < 0) throw notFound(`tag ${name} attached to artifact ${artifact.id} not found`);
    requireMutable(projectOfRepository(harbor, repository.name), repository, artifact.tags.slice(at, at + 1));
    artifact.tags.splice(at, 1);
    harbor.store.save();
    return empty(c, 200);
  });

  return app;
}

/** A tag in the API's form. `immutable` is true only for requests with `with_immutable_status`. */
export function showTag(
  harbor: Harbor,
  repository: Repository,
  artifact: Artifact,
  tag: Tag,
  withImmutable: boolean,
): unknown {
  return {
    artifact_id: artifact.id,
    id: tag.id,
    immutable: withImmutable && isImmutable(projectOfRepository(harbor, repository.name), repository.name, tag.name),
    name: tag.name,
    pull_time: tag.pulled,
    push_time: tag.pushed,
    repository_id: repository.id,
  };
}
