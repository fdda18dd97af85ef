import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { deleteArtifact } from '../api/artifacts.ts';
import { isImmutable } from '../api/immutable.ts';
import {
  type Caller,
  callerOf,
  requireAccess,
  requireCatalogAccess,
  requireLogin,
  requirePullable,
  requireQuota,
  requireQuotaOfUploads,
} from '../auth/registry-access.ts';
import { HarborError, notFound, precondition } from '../http/errors.ts';
import { frameHeaders, sendError } from '../http/headers.ts';
import { canScan, scannerOf, startScan } from '../scan/jobs.ts';
import { startSbom } from '../scan/sbom.ts';
import { type Harbor, timestamp } from '../store/harbor.ts';
import { requireArtifact, requireRepository } from '../store/lookup.ts';
import type { Artifact, Project, Repository } from '../store/state.ts';
import { type Manifest, recordPush } from './manifests.ts';
import { listReferrers } from './referrers.ts';

const MANIFEST = /^\/v2\/(.+)\/manifests\/([^/]+)$/;
const BLOBS = /^\/v2\/(.+?)\/blobs\/.*$/;
const REFERRERS = /^\/v2\/(.+)\/referrers\/([^/]+)$/;
const TAGS = /^\/v2\/(.+)\/tags\/list$/;

/** A request to /v2 with its response and its caller. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly caller: Caller;
}

/** Handles /v2: tags and the catalog from the state, blobs and manifests through the backing registry. */
export async function handleRegistry(
  harbor: Harbor,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const exchange = { request, response, url, caller: await callerOf(harbor, request.headers.authorization) };
    const path = url.pathname;
    const [, repository = '', reference = ''] = MANIFEST.exec(path) ?? [];
    if (path === '/v2/' || path === '/v2') await handleRoot(harbor, exchange);
    else if (path === '/v2/_catalog') handleCatalog(harbor, exchange);
    else if (repository !== '') await handleManifest(harbor, exchange, repository, decodeURIComponent(reference));
    else if (TAGS.test(path)) handleTags(harbor, exchange, TAGS.exec(path)?.[1] ?? '');
    else if (REFERRERS.test(path)) handleReferrers(harbor, exchange);
    else if (BLOBS.test(path)) await handleBlob(harbor, exchange, BLOBS.exec(path)?.[1] ?? '');
    else throw notFound(`path ${path} was not found`);
  } catch (error) {
    request.resume();
    if (response.headersSent) response.destroy();
    else sendError(response, error);
  }
}

async function handleRoot(harbor: Harbor, { response, caller }: Exchange): Promise<void> {
  requireLogin(harbor, caller);
  sendJson(response, {}, { 'Docker-Distribution-Api-Version': 'registry/2.0' });
}

function handleCatalog(harbor: Harbor, { response, url, caller }: Exchange): void {
  requireCatalogAccess(harbor, caller);
  const names = harbor.store.state.repositories.map(({ name }) => name).toSorted();
  sendPage(response, url, names, (repositories) => ({ repositories }));
}

function handleTags(harbor: Harbor, { response, url, caller }: Exchange, name: string): void {
  requireAccess(harbor, caller, name, 'pull');
  const tags = requireRepository(harbor, name).artifacts.flatMap((each) => each.tags.map((tag) => tag.name));
  sendPage(response, url, tags.toSorted(), (page) => ({ name, tags: page }));
}

function handleReferrers(harbor: Harbor, { response, url, caller }: Exchange): void {
  const [, repository = '', digest = ''] = REFERRERS.exec(url.pathname) ?? [];
  requireAccess(harbor, caller, repository, 'pull');
  const filter = url.searchParams.get('artifactType');
  const { body, headers } = listReferrers(harbor, repository, decodeURIComponent(digest), filter);
  sendJson(response, body, headers);
}

/** Sends the page that `n` and `last` select, with a relative Link to the next one. */
function sendPage(
  response: ServerResponse,
  url: URL,
  names: readonly string[],
  show: (page: readonly string[]) => unknown,
): void {
  const last = url.searchParams.get('last');
  const count = Number(url.searchParams.get('n') ?? '');
  const rest = last === null ? names : names.filter((name) => name > last);
  const page = count > 0 ? rest.slice(0, count) : rest;
  const more = page.length < rest.length;
  const link = `<${url.pathname}?last=${encodeURIComponent(page.at(-1) ?? '')}&n=${count}>; rel="next"`;
  sendJson(response, show(page), more ? { Link: link } : {});
}

async function handleBlob(harbor: Harbor, exchange: Exchange, repository: string): Promise<void> {
  const { request, url, caller } = exchange;
  const reads = request.method === 'GET' || request.method === 'HEAD';
  const project = requireAccess(harbor, caller, repository, reads ? 'pull' : 'push');
  if (request.method === 'POST' && !url.searchParams.has('mount')) requireQuotaOfUploads(harbor, project);
  const access = [{ type: 'repository', name: repository, actions: ['pull', 'push'] }];
  const from = url.searchParams.get('from');
  if (from !== null && from !== repository) {
    requireAccess(harbor, caller, from, 'pull');
    access.push({ type: 'repository', name: from, actions: ['pull'] });
  }
  await forward(harbor, exchange, url.pathname + url.search, await harbor.registry.authorization(access));
}

async function handleManifest(harbor: Harbor, exchange: Exchange, name: string, reference: string): Promise<void> {
  const { request, caller } = exchange;
  if (request.method === 'PUT') return putManifest(harbor, exchange, name, reference);
  if (request.method === 'DELETE') {
    requireAccess(harbor, caller, name, 'delete');
    const { repository, artifact } = requireArtifact(harbor, name, reference);
    deleteArtifact(harbor, repository, artifact);
    exchange.response.writeHead(202, { ...frameHeaders(202), 'Content-Length': '0' }).end();
    return;
  }
  const project = requireAccess(harbor, caller, name, 'pull');
  const { repository, artifact } = requireArtifact(harbor, name, reference);
  requirePullable(harbor, project, repository, artifact);
  if (request.method === 'GET') countPull(harbor, repository, artifact, reference);
  const authorization = await harbor.registry.authorization([{ type: 'repository', name, actions: ['pull'] }]);
  await forward(harbor, exchange, `/v2/${name}/manifests/${artifact.digest}`, authorization);
}

function countPull(harbor: Harbor, repository: Repository, artifact: Artifact, reference: string): void {
  const now = timestamp(harbor);
  repository.pulls += 1;
  repository.updated = now;
  artifact.pulled = now;
  const tag = artifact.tags.find(({ name }) => name === reference);
  if (tag !== undefined) tag.pulled = now;
  harbor.store.save();
}

async function putManifest(harbor: Harbor, exchange: Exchange, name: string, reference: string): Promise<void> {
  const { request, caller } = exchange;
  const body = await readAll(request);
  const project = requireAccess(harbor, caller, name, 'push');
  requireMutableTag(harbor, project, name, reference);
  requireQuota(harbor, project, sizeOf(harbor, project, body));
  const authorization = await harbor.registry.authorization([{ type: 'repository', name, actions: ['pull', 'push'] }]);
  await forward(harbor, exchange, `/v2/${name}/manifests/${reference}`, authorization, {
    body,
    async onSuccess() {
      const contentType = request.headers['content-type'] ?? '';
      const artifact = await recordPush(harbor, project, { repository: name, reference, contentType, body });
      scanPushed(harbor, project, requireRepository(harbor, name), artifact);
      const { subject } = JSON.parse(body.toString('utf8')) as Manifest;
      return subject === undefined ? {} : { 'OCI-Subject': subject.digest };
    },
  });
}

function requireMutableTag(harbor: Harbor, project: Project, name: string, tag: string): void {
  const tagged = harbor.store.repository(name)?.artifacts.some(({ tags }) => tags.some((each) => each.name === tag));
  if (tagged !== true || !isImmutable(project, name, tag)) return;
  const short = name.slice(name.indexOf('/') + 1);
  throw precondition(`Failed to process request due to '${short}:${tag}' configured as immutable.`);
}

/** Starts what the project scans on push, even when the artifact has a report. As in Harbor, a failed start is not reported. */
function scanPushed(harbor: Harbor, project: Project, repository: Repository, artifact: Artifact): void {
  const { auto_scan, auto_sbom_generation } = project.metadata;
  if (scannerOf(harbor, project) === undefined || !canScan(harbor, artifact)) return;
  try {
    if (auto_scan === 'true') startScan(harbor, repository, artifact);
    if (auto_sbom_generation === 'true' && harbor.rules.hasSbom) startSbom(harbor, repository, artifact);
  } catch (error) {
    if (!(error instanceof HarborError)) throw error;
  }
}

/** The bytes that a push adds to a project. Blobs that the project has count once. */
function sizeOf(harbor: Harbor, project: Project, body: Buffer): number {
  try {
    const manifest = JSON.parse(body.toString('utf8')) as Manifest;
    const known = new Set(
      harbor.store.state.repositories
        .filter(({ projectId }) => projectId === project.id)
        .flatMap(({ artifacts }) => artifacts.flatMap(({ blobs }) => blobs)),
    );
    const parts = [manifest.config, ...(manifest.layers ?? [])].filter((part) => !known.has(part?.digest ?? ''));
    if (parts.length === 0) return 0;
    return parts.reduce((total, part) => total + (part?.size ?? 0), body.length);
  } catch {
    return body.length;
  }
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Forwards a request to the backing registry, and its response to the client. `onSuccess` runs before the response is sent, and adds headers to it. */
async function forward(
  harbor: Harbor,
  { request, response }: Exchange,
  path: string,
  authorization: string,
  own?: { readonly body: Buffer; onSuccess(): Promise<Readonly<Record<string, string>>> },
): Promise<void> {
  if (harbor.down.has('registry')) {
    request.resume();
    response.writeHead(502, { 'Content-Length': '0' }).end();
    return;
  }
  await harbor.registry.ready();
  const { url } = harbor;
  const headers = { ...request.headers, authorization, 'x-forwarded-proto': new URL(url).protocol.slice(0, -1) };
  delete headers.cookie;
  delete headers.connection;
  await new Promise<void>((resolve, reject) => {
    const passed = httpRequest(
      { socketPath: harbor.registry.socketPath, agent: harbor.registry.agent, method: request.method, path, headers },
      (received) => {
        const status = received.statusCode ?? 502;
        const succeed = own !== undefined && status === 201 ? own.onSuccess() : Promise.resolve({});
        succeed
          .then((added) => {
            const given = Object.entries(received.headers).filter(([name]) => !DROPPED.has(name));
            response.writeHead(status, { ...frameHeaders(status), ...Object.fromEntries(given), ...added });
            received.pipe(response);
            received.on('error', (error) => response.destroy(error));
            response.on('close', resolve);
          })
          .catch(reject);
      },
    );
    passed.on('error', reject);
    response.on('close', () => passed.destroy());
    if (own === undefined) request.pipe(passed);
    else passed.end(own.body);
  });
}

const DROPPED = new Set(['connection', 'keep-alive', 'date', 'x-content-type-options']);

function sendJson(response: ServerResponse, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
  const text = JSON.stringify(body);
  response
    .writeHead(200, {
      ...frameHeaders(200),
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': String(Buffer.byteLength(text)),
      ...headers,
    })
    .end(text);
}
