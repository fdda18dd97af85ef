import { Hono } from 'hono';
import type { Env } from '../auth/identity.ts';
import { authorizeSystem } from '../auth/identity.ts';
import { readBody } from '../http/body.ts';
import { badRequest } from '../http/errors.ts';
import { empty, json, text } from '../http/paging.ts';
import { type Component, type Harbor, isReadOnly, timestamp } from '../store/harbor.ts';

const COMPONENTS: readonly Component[] = [
  'core',
  'database',
  'jobservice',
  'portal',
  'redis',
  'registry',
  'registryctl',
  'trivy',
];

const DEFAULTS: Readonly<Record<string, unknown>> = {
  auth_mode: 'db_auth',
  banner_message: '',
  notification_enable: true,
  project_creation_restriction: 'everyone',
  quota_per_project_enable: true,
  read_only: false,
  robot_name_prefix: 'robot$',
  robot_token_duration: 30,
  self_registration: false,
  session_timeout: 60,
  storage_per_project: -1,
  token_expiration: 30,
};

/** Health, system information and configuration. */
export function systemRoutes(harbor: Harbor): Hono<Env> {
  const app = new Hono<Env>();

  app.get('/ping', (c) => text(c, harbor, 'Pong'));

  app.get('/health', (c) => json(c, health(harbor)));

  app.get('/systeminfo', (c) => {
    const anonymous = c.get('identity').kind === 'anonymous';
    const known = {
      auth_mode: 'db_auth',
      banner_message: '',
      current_time: timestamp(harbor),
      external_url: harbor.url,
      harbor_version: harbor.rules.name,
      has_ca_root: false,
      notification_enable: true,
      primary_auth_mode: false,
      project_creation_restriction: 'everyone',
      read_only: isReadOnly(harbor),
      registry_storage_provider_name: 'filesystem',
      registry_url: new URL(harbor.url).host,
      self_registration: false,
      ...harbor.rules.systemInfo,
    };
    if (!anonymous) return json(c, known);
    const { auth_mode, banner_message, harbor_version, primary_auth_mode, self_registration } = known;
    return json(c, {
      auth_mode,
      banner_message,
      ...(harbor.rules.showsVersionToAnonymous ? { harbor_version } : {}),
      primary_auth_mode,
      self_registration,
      ...harbor.rules.systemInfo,
    });
  });

  app.get('/configurations', (c) => {
    authorizeSystem(c.get('identity'), 'configuration', 'read');
    const values = { ...DEFAULTS, ...harbor.store.state.configurations };
    const shown = Object.entries(values).map(([name, value]) => [name, { editable: name !== 'auth_mode', value }]);
    return json(c, Object.fromEntries(shown));
  });

  app.put('/configurations', async (c) => {
    authorizeSystem(c.get('identity'), 'configuration', 'update');
    const body = await readBody(c, 'configurations');
    if (body.auth_mode !== undefined && body.auth_mode !== 'db_auth') {
      throw badRequest('the auth mode cannot be modified as new users have been inserted into database');
    }
    Object.assign(harbor.store.state.configurations, body);
    harbor.store.save();
    return empty(c, 200);
  });

  return app;
}

/** Lets `/health` show, after its lag, which components are down. */
export function updateHealth(harbor: Harbor): void {
  const show = () => {
    harbor.shownDown.clear();
    for (const name of harbor.down) {
      if (name !== 'trivy' || harbor.rules.knowsDownScanner) harbor.shownDown.add(name);
    }
  };
  if (harbor.timings.healthLag === 0) show();
  else setTimeout(show, harbor.timings.healthLag).unref();
}

function health(harbor: Harbor): unknown {
  const components = COMPONENTS.filter((name) => name !== 'trivy' || harbor.store.state.scanners.length > 0).map(
    (name) =>
      harbor.shownDown.has(name)
        ? { error: `failed to check health: ${name} was set down in the sandbox`, name, status: 'unhealthy' }
        : { name, status: 'healthy' },
  );
  const well = components.every(({ status }) => status === 'healthy');
  return { components, status: well ? 'healthy' : 'unhealthy' };
}
