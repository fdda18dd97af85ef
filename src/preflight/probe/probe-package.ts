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

/** Probes a package's registry with the config's credentials, or a host that the config does not know with the user's own. */
export async function probe(target: Package | string, machine: ProbeEnvironment): Promise<ProbeReport> {
  return typeof target === 'string' ? probeUnknown(checkProbeHost(target), machine) : probePackage(target, machine);
}

async function probePackage(pkg: Package, machine: ProbeEnvironment): Promise<ProbeReport> {
  const { registry, image } = pkg;
  const [found, http] = await Promise.all([credentialsFor(registry.host, pkg, machine), httpFor(registry, machine)]);
  try {
    const target = {
      url: registry.url,
      host: registry.host,
      type: registry.type,
      project: registry.project,
      repository: image.repository,
      insecureSkipVerify: registry.insecureSkipVerify,
    };
    const report = await probeRegistry({ ...target, ...found }, { http, signal: machine.signal });
    return withWarnings(report, found.warnings);
  } finally {
    await http.close();
  }
}

/** Nothing says what this registry is: it is taken for a Harbor, and for a plain one when it turns out to be none. */
async function probeUnknown(registryHost: string, machine: ProbeEnvironment): Promise<ProbeReport> {
  const [found, http] = await Promise.all([
    credentialsFor(registryHost, undefined, machine),
    httpFor(undefined, machine),
  ]);
  try {
    const target = {
      url: registryUrl(registryHost),
      host: registryHost,
      // Somebody who only asks how a registry is need not be able to log in to it.
      needsLogin: false,
      ...found,
    };
    const asHarbor = await probeRegistry({ ...target, type: 'harbor' }, { http, signal: machine.signal });
    const report = asHarbor.findings.some(({ code }) => code === 'REGISTRY_NOT_HARBOR')
      ? await probeRegistry({ ...target, type: 'plain' }, { http, signal: machine.signal })
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
