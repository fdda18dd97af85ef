import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHttpClient, type HttpClientOptions } from '../../src/lib/http/client.ts';
import { Secret } from '../../src/lib/secret.ts';
import type { ProbeTarget } from '../../src/preflight/probe/context.ts';
import { probeRegistry } from '../../src/preflight/probe/probe.ts';
import { probeError } from '../../src/preflight/probe/report.ts';
import { openRegistry } from '../../src/registry/registry.ts';
import { docker, type SandboxRegistry, startRegistry } from '../harness/sandbox.ts';

const PASSWORD = 'pa ss/w:ord"1';
const credentials = { username: 'robot$axion+ci', password: new Secret(PASSWORD) };

let plain: SandboxRegistry;
let guarded: SandboxRegistry;
let secure: SandboxRegistry;
beforeAll(async () => {
  plain = await startRegistry();
  guarded = await startRegistry({ username: credentials.username, password: PASSWORD });
  secure = await startRegistry({ username: credentials.username, password: PASSWORD, tls: true });
});
afterAll(async () => {
  for (const registry of [plain, guarded, secure]) await registry[Symbol.asyncDispose]();
});

async function probe(url: string, target: Partial<ProbeTarget> = {}, options: Partial<HttpClientOptions> = {}) {
  const http = createHttpClient({ env: {}, ...options });
  const report = await probeRegistry({ url, host: new URL(url).host, type: 'plain', ...target }, { http });
  await http.close();
  return { codes: report.findings.map(({ level, code }) => `${level} ${code}`), error: probeError(report) };
}

const caOf = ({ directory }: SandboxRegistry) => readFileSync(join(directory, 'tls', 'ca.pem'), 'utf8');

describe('the probe of a real registry', () => {
  it('reports anonymous access when there is no login', async () => {
    expect((await probe(`http://${plain.host}`)).codes).toEqual(['ok RESPONDS', 'ok ANONYMOUS', 'ok CATALOG']);
  });

  it('tells correct, wrong and missing credentials apart', async () => {
    const url = `http://${guarded.host}`;
    expect((await probe(url, { credentials })).codes).toEqual(['ok RESPONDS', 'ok LOGIN', 'ok CATALOG']);
    const wrong = { ...credentials, password: new Secret('wrong') };
    expect((await probe(url, { credentials: wrong })).error).toMatchObject({ code: 'REGISTRY_UNAUTHORIZED' });
    expect((await probe(url)).error?.message).toContain('no credentials');
  });

  it('tells an untrusted certificate, a trusted one and a wrong scheme apart', async () => {
    const url = `https://${secure.host}`;
    expect((await probe(url, { credentials })).error).toMatchObject({ code: 'REGISTRY_CERTIFICATE' });
    expect((await probe(url, { credentials }, { ca: caOf(secure) })).codes).toEqual([
      'ok RESPONDS',
      'ok LOGIN',
      'ok CATALOG',
    ]);
    expect((await probe(`http://${secure.host}`)).error).toMatchObject({ code: 'REGISTRY_WRONG_SCHEME' });
    expect((await probe(`https://${plain.host}`)).error).toMatchObject({ code: 'REGISTRY_WRONG_SCHEME' });
  });

  it('reports a plain registry that the config declares as Harbor', async () => {
    expect((await probe(`http://${plain.host}`, { type: 'harbor' })).error).toMatchObject({
      code: 'REGISTRY_NOT_HARBOR',
      message: expect.stringContaining('is a registry, but not a Harbor'),
    });
  });
});

describe('manifests of a real registry', () => {
  it('have the digest, media type and platforms that docker pushed', async () => {
    const image = `${plain.host}/probe/image:1.0`;
    await docker(['tag', 'localhost/busybox:bookworm', image]);
    const pushed = await docker(['push', image]);
    await docker(['rmi', image]);
    const http = createHttpClient({ env: {} });
    const registry = openRegistry({ url: `http://${plain.host}`, http });
    const manifest = await registry.getManifest('probe/image', '1.0');
    expect(pushed).toContain(manifest?.digest);
    expect(await registry.headManifest('probe/image', '1.0')).toEqual({
      digest: manifest?.digest,
      mediaType: manifest?.mediaType,
    });
    expect(manifest?.entries?.map(({ platform }) => platform).sort()).toEqual(['linux/amd64', 'linux/arm64']);
    expect(await registry.headManifest('probe/image', 'none')).toBeUndefined();
    expect(await registry.headManifest('probe/none', '1.0')).toBeUndefined();
    await http.close();
  });
});
