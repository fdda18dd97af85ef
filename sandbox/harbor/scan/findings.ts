import { readFileSync } from 'node:fs';
import type { Registry } from '../registry/registry.ts';
import type { Artifact, ScanResult, Vulnerability } from '../store/state.ts';
import { readFileOfLayer } from './tar.ts';

export const SAMPLE_SCANNER = { name: 'Sandbox sample scanner', vendor: 'ObjDocker', version: 'v1.0.0' };

const STATUS_FILE = 'var/lib/dpkg/status';

/** An entry of findings.json: a public CVE of a Debian package. */
interface Sample {
  readonly id: string;
  readonly packages: readonly string[];
  readonly severity: string;
  /** @default `fixed` with a fix, else `affected` */
  readonly status?: string;
  /** The Debian version with the fix, of any release. Absent when there is no fix. */
  readonly fix?: string;
  readonly score?: number;
  readonly cwes?: readonly string[];
  readonly description: string;
}

/** The sample scanner. It looks up the packages of an image in findings.json. */
export class Findings {
  readonly #registry: Registry;
  readonly #samples: readonly Sample[];
  /** The dpkg database of each layer that was read, by digest. */
  readonly #databases = new Map<string, Promise<ReadonlyMap<string, string> | undefined>>();

  constructor(registry: Registry) {
    this.#registry = registry;
    this.#samples = JSON.parse(readFileSync(new URL('./findings.json', import.meta.url), 'utf8')) as Sample[];
  }

  /** The findings of an image. @throws when a layer cannot be read */
  async scan(artifact: Artifact): Promise<ScanResult> {
    const packages = await this.packagesOf(artifact);
    return this.#samples
      .flatMap((sample) =>
        sample.packages.flatMap((name) => {
          const version = packages.get(name);
          return version === undefined ? [] : [vulnerability(sample, name, version)];
        }),
      )
      .toSorted((a, b) => severityRank(b.severity) - severityRank(a.severity));
  }

  /** The image's dpkg database: that of the topmost layer that has one. */
  async packagesOf(artifact: Artifact): Promise<ReadonlyMap<string, string>> {
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

/** The packages that are installed or unpacked. Images built without running dpkg have unpacked ones only. */
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
    ...(sample.status === undefined ? {} : { status: sample.status }),
    description: `Sample: ${sample.description}`,
    links: [`https://security-tracker.debian.org/tracker/${sample.id}`],
    preferred_cvss: { score_v3: sample.score ?? null, score_v2: null, vector_v3: '', vector_v2: '' },
    // Harbor lists one empty entry when the scanner reports none.
    cwe_ids: sample.cwes ?? [''],
    vendor_attributes: sample.score === undefined ? null : { CVSS: { nvd: { V3Score: sample.score } } },
  };
}

const SEVERITIES = ['Unknown', 'None', 'Low', 'Medium', 'High', 'Critical'];

/** A higher rank is more severe. */
export const severityRank = (severity: string): number => SEVERITIES.indexOf(severity);

/** The findings of a report. Generated ones cycle through the severities, and every third has no fix. */
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
