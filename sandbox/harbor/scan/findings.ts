import { readFileSync } from 'node:fs';
import type { Registry } from '../registry/registry.ts';
import type { Artifact, ScanResult, Vulnerability } from '../store/state.ts';
import { readFileOfLayer } from './tar.ts';

export const SAMPLE_SCANNER = { name: 'Sandbox sample scanner', vendor: 'ObjDocker', version: 'v1.0.0' };

const STATUS_FILE = 'var/lib/dpkg/status';

/** A row of findings.json: a public CVE of a Debian package. */
interface Sample {
  readonly id: string;
  readonly packages: readonly string[];
  readonly severity: string;
  /** The Debian version that has the fix, of whichever release; absent when there is none. */
  readonly fix?: string;
  readonly score?: number;
  readonly cwes?: readonly string[];
  readonly description: string;
}

/** The scanner: it looks up the packages of an image in a list of samples. */
export class Findings {
  readonly #registry: Registry;
  readonly #samples: readonly Sample[];
  /** By the digest of a layer: its dpkg database, if it has one. */
  readonly #databases = new Map<string, Promise<ReadonlyMap<string, string> | undefined>>();

  constructor(registry: Registry) {
    this.#registry = registry;
    this.#samples = JSON.parse(readFileSync(new URL('./findings.json', import.meta.url), 'utf8')) as Sample[];
  }

  /** What the scan of an image finds. @throws when one of its layers cannot be read. */
  async scan(artifact: Artifact): Promise<ScanResult> {
    const packages = await this.#packagesOf(artifact);
    return this.#samples
      .flatMap((sample) =>
        sample.packages.flatMap((name) => {
          const version = packages.get(name);
          return version === undefined ? [] : [vulnerability(sample, name, version)];
        }),
      )
      .toSorted((a, b) => severityRank(b.severity) - severityRank(a.severity));
  }

  /** The dpkg database of the topmost layer that has one is the image's. */
  async #packagesOf(artifact: Artifact): Promise<ReadonlyMap<string, string>> {
    for (const layer of artifact.blobs.slice(1).toReversed()) {
      let database = this.#databases.get(layer);
      if (database === undefined) {
        database = readFileOfLayer(this.#registry.openBlob(layer), STATUS_FILE).then((status) =>
          status === undefined ? undefined : installedPackages(status.toString('utf8')),
        );
        this.#databases.set(layer, database);
        database.catch(() => this.#databases.delete(layer));
      }
      const packages = await database;
      if (packages !== undefined) return packages;
    }
    return new Map();
  }
}

/** Names and versions of what dpkg has installed, or only unpacked, as in images that were made without running it. */
function installedPackages(status: string): ReadonlyMap<string, string> {
  const packages = new Map<string, string>();
  for (const paragraph of status.split(/\n\n+/)) {
    const name = /^Package: (.+)$/m.exec(paragraph)?.[1];
    const version = /^Version: (.+)$/m.exec(paragraph)?.[1];
    const gone = /^Status: .* (config-files|not-installed)$/m.test(paragraph);
    if (name !== undefined && version !== undefined && !gone) packages.set(name, version);
  }
  return packages;
}

function vulnerability(sample: Sample, name: string, version: string): Vulnerability {
  return {
    id: sample.id,
    package: name,
    version,
    fix_version: sample.fix ?? '',
    severity: sample.severity,
    description: `Sample: ${sample.description}`,
    links: [`https://security-tracker.debian.org/tracker/${sample.id}`],
    preferred_cvss: { score_v3: sample.score ?? null, score_v2: null, vector_v3: '', vector_v2: '' },
    // Harbor's list has one empty entry when the scanner gave none.
    cwe_ids: sample.cwes ?? [''],
    vendor_attributes: sample.score === undefined ? null : { CVSS: { nvd: { V3Score: sample.score } } },
  };
}

const SEVERITIES = ['Unknown', 'None', 'Low', 'Medium', 'High', 'Critical'];

/** The higher the worse. */
export const severityRank = (severity: string): number => SEVERITIES.indexOf(severity);

/** The findings of a report; made-up ones have every severity in turn, and no fix for every third. */
export function vulnerabilitiesOf(result: ScanResult): readonly Vulnerability[] {
  if (!('madeUp' in result)) return result;
  const worstFirst = SEVERITIES.toReversed();
  return Array.from({ length: result.madeUp }, (_, index) => {
    const severity = worstFirst[Math.floor((index * worstFirst.length) / result.madeUp)] ?? 'Unknown';
    return {
      id: `CVE-1999-${String(index + 1).padStart(6, '0')}`,
      package: `sample-${index % 97}`,
      version: '1.0-1',
      fix_version: index % 3 === 0 ? '' : '1.0-2',
      severity,
      description: `Sample: finding ${index + 1} of ${result.madeUp}, made up to fill a report.`,
      links: [`https://security-tracker.debian.org/tracker/CVE-1999-${String(index + 1).padStart(6, '0')}`],
      preferred_cvss: { score_v3: null, score_v2: null, vector_v3: '', vector_v2: '' },
      cwe_ids: [''],
      vendor_attributes: null,
    };
  });
}
