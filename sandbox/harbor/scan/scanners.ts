import { randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import type { Env } from '../auth/identity.ts';
import { authorize, authorizeSystem } from '../auth/identity.ts';
import { readBody, textOf } from '../http/body.ts';
import { forbidden, HarborError, notFound } from '../http/errors.ts';
import { empty, json, type ListRules, listResponse } from '../http/paging.ts';
import { type Harbor, timestamp } from '../store/harbor.ts';
import { findProject, requireProject } from '../store/lookup.ts';
import type { Scanner } from '../store/state.ts';
import { SAMPLE_SCANNER } from './findings.ts';
import { scannerOf } from './jobs.ts';

const LIST: ListRules<Scanner> = {
  keys: { name: ({ name }) => name, url: ({ url }) => url, create_time: ({ created }) => created },
  defaultSort: '-create_time',
};

/** The registered scanners, and the scanner of each project. */
export function scannerRoutes(harbor: Harbor): Hono<Env> {
  const app = new Hono<Env>();
  const require = (id: string): Scanner => {
    const scanner = harbor.store.state.scanners.find((each) => each.id === id);
    if (scanner === undefined) throw notFound(`scanner ${id} not found`);
    return scanner;
  };

  app.get('/scanners', (c) => {
    authorizeSystem(c.get('identity'), 'scanner', 'list');
    return listResponse(c, harbor.store.state.scanners, LIST, (scanner) => showScanner(harbor, scanner));
  });

  app.post('/scanners', async (c) => {
    authorizeSystem(c.get('identity'), 'scanner', 'create');
    const body = await readBody(c, 'registration');
    const [name, url] = [textOf(body.name), textOf(body.url)];
    if (harbor.store.state.scanners.some((each) => each.name === name || each.url === url)) {
      throw new HarborError(409, 'UNKNOWN', 'dao: create registration: registration name or url already exists');
    }
    const scanner = addScanner(harbor, { name, url, description: textOf(body.description), isDefault: false });
    return empty(c, 201, { Location: `/api/v2.0/scanners/${scanner.id}` });
  });

  app.get('/scanners/:id', (c) => {
    authorizeSystem(c.get('identity'), 'scanner', 'read');
    return json(c, showScanner(harbor, require(c.req.param('id'))));
  });

  app.get('/scanners/:id/metadata', (c) => {
    authorizeSystem(c.get('identity'), 'scanner', 'read');
    require(c.req.param('id'));
    return json(c, metadata(harbor));
  });

  app.put('/scanners/:id', async (c) => {
    authorizeSystem(c.get('identity'), 'scanner', 'update');
    const scanner = require(c.req.param('id'));
    const body = await readBody(c, 'registration');
    scanner.disabled = body.disabled === true;
    scanner.updated = timestamp(harbor);
    harbor.store.save();
    return empty(c, 200);
  });

  app.patch('/scanners/:id', async (c) => {
    authorizeSystem(c.get('identity'), 'scanner', 'update');
    const scanner = require(c.req.param('id'));
    const body = await readBody(c, 'payload');
    if (body.is_default === true) {
      for (const each of harbor.store.state.scanners) each.isDefault = each === scanner;
      harbor.store.save();
    }
    return empty(c, 200);
  });

  app.delete('/scanners/:id', (c) => {
    authorizeSystem(c.get('identity'), 'scanner', 'delete');
    const scanner = require(c.req.param('id'));
    if (scanner.name === SAMPLE_SCANNER.name) {
      throw forbidden(`registration ${scanner.name} is not allowed to delete as it is immutable: scanner API: delete`);
    }
    harbor.store.state.scanners = harbor.store.state.scanners.filter((each) => each !== scanner);
    harbor.store.save();
    return json(c, showScanner(harbor, scanner));
  });

  app.get('/projects/:project/scanner', (c) => {
    authorize(c.get('identity'), findProject(harbor, c), 'scanner', 'read');
    const scanner = scannerOf(harbor, requireProject(harbor, c));
    if (scanner === undefined) return empty(c, 200, { 'Content-Type': 'application/json' });
    const healthy = !harbor.down.has('trivy');
    const { name: adapter, vendor, version } = SAMPLE_SCANNER;
    return json(c, {
      ...showScanner(harbor, scanner),
      health: healthy ? 'healthy' : 'unhealthy',
      ...(healthy ? { adapter, vendor, version } : {}),
    });
  });

  app.put('/projects/:project/scanner', async (c) => {
    authorize(c.get('identity'), findProject(harbor, c), 'scanner', 'create');
    const project = requireProject(harbor, c);
    project.scanner = require(textOf((await readBody(c, 'payload')).uuid)).id;
    harbor.store.save();
    return empty(c, 200);
  });

  return app;
}

export function addScanner(
  harbor: Harbor,
  given: { readonly name: string; readonly url: string; readonly description: string; readonly isDefault: boolean },
): Scanner {
  const now = timestamp(harbor);
  // As in Harbor, the first scanner always becomes the default.
  const isDefault = given.isDefault || harbor.store.state.scanners.length === 0;
  const scanner = { id: randomUUID(), ...given, isDefault, created: now, updated: now, disabled: false };
  harbor.store.state.scanners.push(scanner);
  harbor.store.save();
  return scanner;
}

function showScanner(harbor: Harbor, scanner: Scanner): Record<string, unknown> {
  const capabilities = harbor.down.has('trivy') ? null : { support_sbom: true, support_vulnerability: true };
  return {
    access_credential: '',
    auth: '',
    ...(harbor.rules.hasSbom ? { capabilities } : {}),
    create_time: scanner.created,
    description: scanner.description,
    disabled: scanner.disabled,
    is_default: scanner.isDefault,
    name: scanner.name,
    skip_certVerify: false,
    update_time: scanner.updated,
    url: scanner.url,
    use_internal_addr: true,
    uuid: scanner.id,
  };
}

const IMAGE_TYPES: readonly string[] = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];
const REPORT_TYPE = 'application/vnd.security.vulnerability.report; version=1.1';
const SBOM_TYPE = 'application/vnd.security.sbom.report+json; version=1.0';

const metadata = ({ rules, timings, now }: Harbor) => ({
  capabilities: rules.hasSbom
    ? [
        { consumes_mime_types: IMAGE_TYPES, produces_mime_types: [REPORT_TYPE], type: 'vulnerability' },
        { consumes_mime_types: IMAGE_TYPES, produces_mime_types: [SBOM_TYPE], type: 'sbom' },
      ]
    : [{ consumes_mime_types: IMAGE_TYPES, produces_mime_types: [REPORT_TYPE] }],
  properties: {
    'harbor.scanner-adapter/scanner-type': 'os-package-vulnerability',
    'harbor.scanner-adapter/vulnerability-database-updated-at': new Date(
      now().getTime() - timings.databaseAge,
    ).toISOString(),
  },
  scanner: SAMPLE_SCANNER,
});
