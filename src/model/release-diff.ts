/** What differs between two releases of a package, as plain data. The library returns it, and all reports are made from it. */
import * as z from 'zod';
import { bytes, digest, platform, type ReadonlyOutput, time } from './common-schemas.ts';
import { DIFF_CHANGES, FINDING_SEVERITIES, PACKAGE_CHANGES, RECORD_KINDS, RECORD_STATES } from './enums.ts';
import { releaseNumber } from './release.ts';
import { scanState, severityCounts } from './scan-report.ts';

const services = z.array(z.string()).describe('the services that it is in; the repository for a single image');

const side = z.object({
  number: releaseNumber,
  kind: z.enum(RECORD_KINDS),
  state: z.enum(RECORD_STATES),
  created: time,
  tags: z.array(z.string()).describe('its public tags'),
  revision: z.string().exactOptional().describe('the commit of the run'),
  dirty: z.boolean().describe('true when files had changed that were not committed'),
});

const comparedReport = z.object({
  platform,
  digest,
  state: scanState,
  finished: time.exactOptional(),
  reason: z.string().exactOptional().describe('why there is no result'),
});

const comparedImage = z.object({
  repository: z.string().describe('with the project'),
  digest,
  since: releaseNumber.describe('the first release with this image'),
  revision: z.string().exactOptional().describe('the commit that the image was built from'),
  built: time.exactOptional(),
  sizeBytes: bytes.exactOptional().describe('compressed, of all platforms'),
  reports: z
    .array(comparedReport)
    .describe(
      'the newest scan report of each platform; none for a service that was removed, and where Harbor has no such image',
    ),
});

const findingChanges = z.object({ fixed: severityCounts, new: severityCounts, remaining: severityCounts });

const comparedService = z.object({
  name: z.string().describe('the service; the repository for a single image'),
  change: z.enum(DIFF_CHANGES),
  from: comparedImage.exactOptional().describe('absent for a service that was added'),
  to: comparedImage.exactOptional().describe('absent for a service that was removed'),
  findings: findingChanges
    .exactOptional()
    .describe('absent where they are not known, and for a service that was removed'),
  findingsUnknown: z.string().exactOptional().describe('why the findings cannot be compared'),
  packages: z
    .object({ added: z.int(), removed: z.int(), changed: z.int() })
    .exactOptional()
    .describe('of the SBOMs; absent unless both releases have one'),
  packagesUnknown: z.string().exactOptional().describe('why the packages of a changed service cannot be compared'),
});

const comparedFinding = z.object({
  id: z.string(),
  severity: z.enum(FINDING_SEVERITIES).describe('the worst, where images differ'),
  package: z.string(),
  versions: z.array(z.string()).describe('installed: in the later release, for a fixed finding in the earlier one'),
  fixVersions: z.array(z.string()).describe('the versions that fix it; none without a fix'),
  platforms: z.array(platform),
  services,
});

const comparedPackage = z.object({
  change: z.enum(PACKAGE_CHANGES),
  name: z.string(),
  type: z.string().exactOptional().describe('of its package URL: deb, pypi, golang'),
  from: z.array(z.string()).describe('versions'),
  to: z.array(z.string()).describe('versions'),
  services,
});

export const releaseDiff = z.object({
  package: z.string(),
  from: side,
  to: side,
  services: z.array(comparedService),
  findings: z
    .object({
      new: z.array(comparedFinding),
      fixed: z.array(comparedFinding),
      remaining: z.array(comparedFinding),
    })
    .describe(
      'of the services whose findings are known, worst first. A vulnerability in a package counts once, whatever the version and platform',
    ),
  packages: z.array(comparedPackage).describe('what differs between the SBOMs, by name'),
  scanned: z.boolean().describe('false for a registry without a scanner: nothing is known about findings'),
  warnings: z.array(z.string()),
});

/** One of the two releases. */
export type DiffSide = ReadonlyOutput<typeof side>;

export type ComparedImage = ReadonlyOutput<typeof comparedImage>;

export type ComparedService = ReadonlyOutput<typeof comparedService>;

/** A vulnerability in a package, with the services that have it. */
export type ComparedFinding = ReadonlyOutput<typeof comparedFinding>;

/** A package that differs, with the services where it does. */
export type ComparedPackage = ReadonlyOutput<typeof comparedPackage>;

/** What differs between two releases. */
export type ReleaseDiff = ReadonlyOutput<typeof releaseDiff>;
