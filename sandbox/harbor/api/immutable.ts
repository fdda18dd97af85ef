import { Hono } from 'hono';
import type { Env } from '../auth/identity.ts';
import { authorize } from '../auth/identity.ts';
import { listOf, objectOf, readBody, textOf } from '../http/body.ts';
import { conflict, notFound, precondition } from '../http/errors.ts';
import { empty, listResponse } from '../http/paging.ts';
import type { Harbor } from '../store/harbor.ts';
import { findProject, requireProject } from '../store/lookup.ts';
import type { Project, Repository, Tag } from '../store/state.ts';

/** Whether a rule of the project makes a tag immutable. */
export function isImmutable(project: Project | undefined, repository: string, tag: string): boolean {
  const name = repository.slice(repository.indexOf('/') + 1);
  return (project?.immutableRules ?? []).some(
    (rule) =>
      !rule.disabled &&
      rule.repositoryPatterns.some((pattern) => matches(pattern, name)) &&
      rule.tagPatterns.some((pattern) => matches(pattern, tag)),
  );
}

/** @throws {HarborError} 412 when one of the tags is immutable. */
export function requireMutable(project: Project | undefined, repository: Repository, tags: readonly Tag[]): void {
  const tag = tags.find(({ name }) => isImmutable(project, repository.name, name));
  if (tag !== undefined) throw precondition(`the tag ${tag.name} configured as immutable, cannot be deleted`);
}

/** `**` matches anything, `*` anything but a slash, `{a,b}` either. */
function matches(pattern: string, text: string): boolean {
  const source = pattern.replace(/\*\*|[*?{},]|[^*?{},]+/g, (part) => {
    if (part === '**') return '.*';
    if (part === '*') return '[^/]*';
    if (part === '?') return '[^/]';
    if (part === '{') return '(?:';
    if (part === '}') return ')';
    if (part === ',') return '|';
    return part.replace(/[\\^$.|+()[\]]/g, '\\$&');
  });
  try {
    return new RegExp(`^(?:${source})$`).test(text);
  } catch {
    return false;
  }
}

const sameRule = (left: unknown, right: unknown): boolean =>
  ['tag_selectors', 'scope_selectors'].every(
    (part) => JSON.stringify(objectOf(left)[part]) === JSON.stringify(objectOf(right)[part]),
  );

/** `/projects/P/immutabletagrules`. */
export function immutableRoutes(harbor: Harbor): Hono<Env> {
  const app = new Hono<Env>();

  app.get('/projects/:project/immutabletagrules', (c) => {
    authorize(c.get('identity'), findProject(harbor, c), 'immutable-tag', 'list');
    const { immutableRules } = requireProject(harbor, c);
    return listResponse(c, immutableRules, { keys: {}, defaultSort: '' }, ({ id, rule, disabled }) => {
      const { disabled: _given, ...shown } = objectOf(rule);
      return { ...shown, ...(disabled ? { disabled } : {}), id };
    });
  });

  app.post('/projects/:project/immutabletagrules', async (c) => {
    authorize(c.get('identity'), findProject(harbor, c), 'immutable-tag', 'create');
    const project = requireProject(harbor, c);
    const rule = await readBody(c, 'ImmutableRule');
    if (project.immutableRules.some((each) => sameRule(each.rule, rule))) {
      throw conflict('immutable rule already exists');
    }
    const scopes = listOf(objectOf(rule.scope_selectors).repository);
    const id = harbor.store.nextId('immutableRule');
    project.immutableRules.push({
      id,
      rule,
      disabled: rule.disabled === true,
      tagPatterns: listOf(rule.tag_selectors).map((each) => textOf(objectOf(each).pattern)),
      repositoryPatterns: scopes.map((each) => textOf(objectOf(each).pattern)),
    });
    harbor.store.save();
    return empty(c, 201, { Location: `/api/v2.0/projects/${c.req.param('project')}/immutabletagrules/${id}` });
  });

  app.delete('/projects/:project/immutabletagrules/:id', (c) => {
    authorize(c.get('identity'), findProject(harbor, c), 'immutable-tag', 'delete');
    const project = requireProject(harbor, c);
    const at = project.immutableRules.findIndex(({ id }) => String(id) === c.req.param('id'));
    if (at < 0) throw notFound(`immutable tag rule ${c.req.param('id')} not found`);
    project.immutableRules.splice(at, 1);
    harbor.store.save();
    return empty(c, 200);
  });

  return app;
}
