/** The versions of Harbor whose responses were recorded. */
export const HARBOR_VERSIONS = ['2.9', '2.15'] as const;

export type HarborVersion = (typeof HARBOR_VERSIONS)[number];

/** What differs between the versions. Each value was recorded: test/fixtures/harbor. */
export interface VersionRules {
  readonly version: HarborVersion;
  /** The version in `/systeminfo`. */
  readonly name: string;
  readonly showsVersionToAnonymous: boolean;
  /** More fields of `/systeminfo`. */
  readonly systemInfo: Readonly<Record<string, unknown>>;
  /** A text endpoint responds to `Accept: application/json` with a JSON string. Otherwise with 422. */
  readonly hasTextAsJson: boolean;
  /** SBOMs, and a type for each scan. */
  readonly hasSbom: boolean;
  /** `/projects/P/artifacts`. */
  readonly hasProjectArtifacts: boolean;
  /** `/permissions`, against which new robots are checked. */
  readonly hasPermissionList: boolean;
  /** An empty tag name is 422. Otherwise 400. */
  readonly requiresTagName: boolean;
  /** A robot with `duration: 0` lives for 30 days. Otherwise it is rejected. */
  readonly allowsDurationZero: boolean;
  /** While the scanner is down, reports stay readable, and `/health` shows that it is down. */
  readonly knowsDownScanner: boolean;
  /** Artifacts have `artifact_type` and `repository_name`. */
  readonly showsArtifactType: boolean;
  /** Findings have `status`. */
  readonly showsFindingStatus: boolean;
  /** The severity in the report of an image without findings. */
  readonly severityOfNone: string;
  /** The referrers API lists the manifest's artifactType, and an empty index when there are none. Otherwise the config's type, and `{}`. */
  readonly listsManifestTypes: boolean;
  /** Signatures of cosign 3, which have a subject, are accessories of cosign's type. */
  readonly knowsSigstoreBundles: boolean;
  /** New bytes are rejected when the quota is used up, before they are uploaded. */
  readonly checksQuotaOfUploads: boolean;
  /** The message when a request with a session has no CSRF token. */
  readonly csrfMissing: string;
  /** More fields of robots. */
  readonly robotFields: Readonly<Record<string, unknown>>;
  readonly additions: string;
  readonly gc: {
    readonly maxWorkers: number;
    /** The name of the type in the error about an unknown one. */
    readonly typeField: string;
    /** More parameters of a run. */
    readonly parameters: Readonly<Record<string, unknown>>;
  };
}

const RULES: Readonly<Record<HarborVersion, VersionRules>> = {
  '2.9': {
    version: '2.9',
    name: 'v2.9.5-sandbox',
    showsVersionToAnonymous: true,
    systemInfo: {},
    hasTextAsJson: false,
    hasSbom: false,
    hasProjectArtifacts: false,
    hasPermissionList: false,
    requiresTagName: false,
    allowsDurationZero: true,
    knowsDownScanner: false,
    showsArtifactType: false,
    showsFindingStatus: false,
    severityOfNone: 'Unknown',
    listsManifestTypes: false,
    knowsSigstoreBundles: false,
    checksQuotaOfUploads: false,
    csrfMissing: 'CSRF token invalid',
    robotFields: {},
    additions: 'build_history values.yaml readme.md dependencies',
    gc: {
      maxWorkers: 5,
      typeField: 'validation failure list:\ntype',
      parameters: { redis_url_reg: 'redis://sandbox:no-such-redis@127.0.0.1:6379/1?idle_timeout_seconds=30' },
    },
  },
  '2.15': {
    version: '2.15',
    name: 'v2.15.2-sandbox',
    showsVersionToAnonymous: false,
    systemInfo: { oidc_provider_name: '' },
    hasTextAsJson: true,
    hasSbom: true,
    hasProjectArtifacts: true,
    hasPermissionList: true,
    requiresTagName: true,
    allowsDurationZero: false,
    knowsDownScanner: true,
    showsArtifactType: true,
    showsFindingStatus: true,
    severityOfNone: '',
    listsManifestTypes: true,
    knowsSigstoreBundles: true,
    checksQuotaOfUploads: true,
    csrfMissing: 'CSRF token not found in request',
    robotFields: { creator_ref: 1, creator_type: 'local' },
    additions: 'build_history values.yaml readme.md dependencies sbom license files',
    gc: { maxWorkers: 10, typeField: 'schedule.type', parameters: { delete_tag: false } },
  },
};

export const rulesOf = (version: HarborVersion): VersionRules => RULES[version];

/** @throws when the text names no version */
export function parseHarborVersion(text: string): HarborVersion {
  const known = HARBOR_VERSIONS.find((each) => each === text);
  if (known === undefined)
    throw new Error(`unknown Harbor version '${text}': expected ${HARBOR_VERSIONS.join(' or ')}`);
  return known;
}
