import { type AskHarbor, readJson } from './harbor-api.ts';

/** Removes a project and all that is in it. @throws when something of it stays, with its name. */
export async function removeProject(api: AskHarbor, name: string): Promise<void> {
  // What an immutable tag is on cannot be deleted.
  for (const { id } of await readJson<{ id: number }[]>(
    await api('GET', `projects/${name}/immutabletagrules?page_size=100`),
  ))
    await remove(api, `projects/${name}/immutabletagrules/${id}`);
  const { project_id } = await readJson<{ project_id: number }>(await api('GET', `projects/${name}`));
  const robots = await api(
    'GET',
    `robots?q=${encodeURIComponent(`Level=project,ProjectID=${project_id}`)}&page_size=100`,
  );
  for (const { id } of await readJson<{ id: number }[]>(robots)) await remove(api, `robots/${id}`);
  for (const repository of await readJson<{ name: string }[]>(
    await api('GET', `projects/${name}/repositories?page_size=100`),
  )) {
    const path = repository.name.slice(name.length + 1).replaceAll('/', '%252F');
    await remove(api, `projects/${name}/repositories/${path}`);
  }
  await remove(api, `projects/${name}`);
}

async function remove(api: AskHarbor, path: string): Promise<void> {
  const { status } = await api('DELETE', path);
  if (status !== 200 && status !== 404) throw new Error(`${path} is still there (HTTP ${status}): remove it by hand`);
}
