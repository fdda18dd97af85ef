import type { Package } from '../../config/package.ts';
import { contextNames } from '../../docker/connection/context-store.ts';
import { dockerConfigDirectory } from '../../docker/credentials/docker-config.ts';
import type { Environment } from '../../lib/environment.ts';
import type { ObjDocker } from '../../obj-docker/obj-docker.ts';
import type { CompletionSource } from '../framework/command.ts';
import { cachedNames } from './name-cache.ts';
import type { CompletionRequest } from './read-words.ts';

export interface NamesOptions {
  readonly environment: Environment;
  readonly signal: AbortSignal;
}

/** Looks up the names that exist: in config.yaml, the engine, or Harbor. Throws what the lookup throws. */
export function findNames(
  source: CompletionSource,
  request: CompletionRequest,
  options: NamesOptions,
): Promise<readonly string[]> {
  switch (source) {
    case 'context':
      return dockerContexts(options);
    case 'package':
      return loadConfig(request, options).then(({ packages }) => packages);
    case 'service':
      return services(request, options);
    case 'container':
      return containers(request, options);
    case 'repository':
      return repositories(request, options);
    case 'image':
      return images(request, options);
    case 'tag':
      return tags(request.args[0] ?? '', request, options);
    case 'release':
      return releases(request, options);
  }
}

async function dockerContexts({ environment }: NamesOptions): Promise<readonly string[]> {
  return ['default', ...(await contextNames(dockerConfigDirectory(environment)))];
}

async function services(request: CompletionRequest, options: NamesOptions): Promise<readonly string[]> {
  return servicesOf(await selectPackage(request, options, request.args[0]), options);
}

async function servicesOf(pkg: Package, options: NamesOptions): Promise<readonly string[]> {
  const { serviceRepositories } = await import('../../build/service-repositories.ts');
  return (await serviceRepositories(pkg, options)).flatMap(({ service }) => service ?? []);
}

async function containers(request: CompletionRequest, options: NamesOptions): Promise<readonly string[]> {
  using docker = await createDocker(request, options);
  const instances = await docker.listInstances(options);
  return instances.map(({ name }) => name);
}

/** The services of the package and the repositories of its project, as far as they can be read. */
async function repositories(request: CompletionRequest, options: NamesOptions): Promise<readonly string[]> {
  const pkg = await selectPackage(request, options);
  const found = await Promise.allSettled([servicesOf(pkg, options), repositoriesOf(pkg, request, options)]);
  return found.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
}

async function repositoriesOf(
  pkg: Package,
  request: CompletionRequest,
  options: NamesOptions,
): Promise<readonly string[]> {
  return cachedNames(harborKey(pkg), options, async () => {
    using docker = await createDocker(request, options);
    await using harbor = docker.harbor(pkg);
    const names: string[] = [];
    for await (const { name } of harbor.listRepos({ signal: options.signal })) names.push(name);
    return names;
  });
}

/** Repositories; after a colon the tags of one. */
async function images(request: CompletionRequest, options: NamesOptions): Promise<readonly string[]> {
  const [, repo] = /^(.+):[^:/]*$/.exec(request.typed) ?? [];
  if (repo === undefined) return repositories(request, options);
  return (await tags(repo, request, options)).map((tag) => `${repo}:${tag}`);
}

async function tags(repo: string, request: CompletionRequest, options: NamesOptions): Promise<readonly string[]> {
  const pkg = await selectPackage(request, options);
  return cachedNames([...harborKey(pkg), repo], options, async () => {
    using docker = await createDocker(request, options);
    await using harbor = docker.harbor(pkg);
    const names: string[] = [];
    for await (const artifact of harbor.listArtifacts(repo, { signal: options.signal }))
      names.push(...artifact.tags.map(({ name }) => name));
    return names;
  });
}

/** How many releases are offered. */
const OFFERED_RELEASES = 20;

/** The latest numbers on record, without a look at what each record says: that would take a request or more for each. */
async function releases(request: CompletionRequest, options: NamesOptions): Promise<readonly string[]> {
  const pkg = await selectPackage(request, options);
  const newest = await cachedNames([...harborKey(pkg), 'releases of', pkg.name], options, async () => {
    const { newestRelease } = await import('../../pipeline/releases.ts');
    return [String(await newestRelease(pkg, options))];
  });
  const last = Number(newest[0] ?? 0);
  return Array.from({ length: Math.min(last, OFFERED_RELEASES) }, (_, index) => String(last - index));
}

function harborKey({ registry }: Package): string[] {
  return [registry.host, registry.project ?? '', registry.username ?? ''];
}

async function loadConfig({ options: given }: CompletionRequest, { environment, signal }: NamesOptions) {
  const { findConfig, loadConfig } = await import('../../config/load.ts');
  const file = given.get('config')?.replace(/^~(?=\/)/, environment.home) ?? (await findConfig(environment.cwd));
  return loadConfig(file, { env: environment.env, signal });
}

async function selectPackage(request: CompletionRequest, options: NamesOptions, name?: string): Promise<Package> {
  return (await loadConfig(request, options)).selectPackage(name ?? request.options.get('package'));
}

async function createDocker({ options }: CompletionRequest, { environment }: NamesOptions): Promise<ObjDocker> {
  const { ObjDocker } = await import('../../obj-docker/obj-docker.ts');
  return new ObjDocker({ environment, engine: { context: options.get('context'), address: options.get('host') } });
}
