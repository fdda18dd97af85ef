import { type HarborApi, readJson } from './harbor-api.ts';

/** Removes a project with its content. @throws with the name of what could not be removed */
export async function removeProject(api: HarborApi, name: string): Promise<void> {
  const project = `projects/${name}`;
  // An artifact with an immutable tag cannot be deleted.
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

/** Lists up to 100 items. The list is empty without permission: then this account has created nothing there. */
async function list<T>(api: HarborApi, path: string, query = ''): Promise<readonly T[]> {
  const response = await api('GET', `${path}?${query}page_size=100`);
  return response.status === 403 ? [] : readJson<T[]>(response);
}

async function remove(api: HarborApi, path: string): Promise<void> {
  const { status } = await api('DELETE', path);
  if (status !== 200 && status !== 404) throw new Error(`deleting ${path} failed (HTTP ${status}): delete it by hand`);
}
