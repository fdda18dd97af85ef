import { credentialsFor, httpFor } from '../../access/registry-access.ts';
import type { Package } from '../../config/package.ts';
import type { Environment } from '../../lib/environment.ts';
import { registryUrl } from '../../registry/registry-url.ts';
import { checkProbeHost, probeRegistry } from './probe.ts';
import type { ProbeReport } from './report.ts';

interface ProbeEnvironment {
  readonly environment: Environment;
  readonly signal?: AbortSignal | undefined;
}

/** Probes the registry of a package with its configured credentials, or any other host with the user's docker login. */
export async function probe(target: Package | string, access: ProbeEnvironment): Promise<ProbeReport> {
  return typeof target === 'string' ? probeUnknown(checkProbeHost(target), access) : probePackage(target, access);
}

async function probePackage(pkg: Package, access: ProbeEnvironment): Promise<ProbeReport> {
  const { registry, image } = pkg;
  const [found, http] = await Promise.all([credentialsFor(registry.host, pkg, access), httpFor(registry, access)]);
  try {
    const target = {
      url: registry.url,
      host: registry.host,
      type: registry.type,
      project: registry.project,
      repository: image.repository,
      insecureSkipVerify: registry.insecureSkipVerify,
    };
    const report = await probeRegistry({ ...target, ...found }, { http, signal: access.signal });
    return withWarnings(report, found.warnings);
  } finally {
    await http.close();
  }
}

/** Probes a registry of unknown type: first as a Harbor, then as a plain registry when it is not one. */
async function probeUnknown(registryHost: string, access: ProbeEnvironment): Promise<ProbeReport> {
  const [found, http] = await Promise.all([
    credentialsFor(registryHost, undefined, access),
    httpFor(undefined, access),
  ]);
  try {
    const target = {
      url: registryUrl(registryHost),
      host: registryHost,
      // Checking the health of a registry requires no login.
      needsLogin: false,
      ...found,
    };
    const asHarbor = await probeRegistry({ ...target, type: 'harbor' }, { http, signal: access.signal });
    const report = asHarbor.findings.some(({ code }) => code === 'REGISTRY_NOT_HARBOR')
      ? await probeRegistry({ ...target, type: 'plain' }, { http, signal: access.signal })
      : asHarbor;
    return withWarnings(report, found.warnings);
  } finally {
    await http.close();
  }
}

function withWarnings(report: ProbeReport, warnings: readonly string[]): ProbeReport {
  const findings = warnings.map((message) => ({ level: 'warning', code: 'CREDENTIALS', message }) as const);
  return { ...report, findings: [...report.findings, ...findings] };
}
