import { type AskHarbor, readJson } from './harbor-api.ts';

/** Removes a project and all that is in it. @throws when something of it stays, with its name. */
export async function removeProject(api: AskHarbor, name: string): Promise<void> {
  const project = `projects/${name}`;
  // What an immutable tag is on cannot be deleted.
  for (const { id } of await list<{ id: number }>(api, `${project}/immutabletagrules`))
    await remove(api, `${project}/immutabletagrules/${id}`);
  const { project_id } = await readJson<{ project_id: number }>(await api('GET', project));
  const own = encodeURIComponent(`Level=project,ProjectID=${project_id}`);
  for (const { id } of await list<{ id: number }>(api, 'robots', `q=${own}&`)) await remove(api, `robots/${id}`);
  for (const repository of await list<{ name: string }>(api, `${project}/repositories`)) {
    const path = repository.name.slice(name.length + 1).replaceAll('/', '%252F');
    await remove(api, `${project}/repositories/${path}`);
  }
  await remove(api, project);
}

/** Nothing, where this account may not look: then it has made nothing there either. */
async function list<T>(api: AskHarbor, path: string, query = ''): Promise<readonly T[]> {
  const answer = await api('GET', `${path}?${query}page_size=100`);
  return answer.status === 403 ? [] : readJson<T[]>(answer);
}

async function remove(api: AskHarbor, path: string): Promise<void> {
  const { status } = await api('DELETE', path);
  if (status !== 200 && status !== 404) throw new Error(`${path} is still there (HTTP ${status}): remove it by hand`);
}
