/** A construct that not every builder, or not every release of Docker's Dockerfile frontend, takes. */
export interface DockerfileFeature extends Support {
  /** For a message: `RUN --mount`. */
  readonly text: string;
  readonly line: number;
  /** Whether the legacy builder takes it, too. */
  readonly legacy: boolean;
  /** What to write instead. */
  readonly hint?: string;
  /** The index of the only stage that it matters for; undefined when it is refused whatever is built. */
  readonly stage?: number;
}

/** Which releases of Docker's Dockerfile frontend take a construct, by their versions. */
export interface Support {
  /** The first that takes it. */
  readonly since?: string;
  /** The first of the labs channel, where that is an older one. */
  readonly labs?: string;
  /** The first that refuses it. */
  readonly until?: string;
  /** Older ones do not refuse it: it has no effect in them. */
  readonly ignoredBefore?: string;
}

// The sources: "Minimum Dockerfile version" in BuildKit 0.34.2's frontend/dockerfile/docs/reference.md, and the release notes
// of the frontend (docs.docker.com/build/buildkit/dockerfile-release-notes) for what the reference does not name. ADD
// --keep-git-dir follows the notes: Git repositories left the labs channel with 1.6, and the reference's 1.1 is older than ADD
// of one.
const FILES: Readonly<Record<string, Support>> = {
  chmod: { since: '1.2' },
  link: { since: '1.4' },
  exclude: { since: '1.19', labs: '1.7' },
};

/** Flags, by their instruction. Those of {@link LEGACY_FLAGS} aside, only BuildKit takes them. */
export const FLAGS: Readonly<Record<string, Readonly<Record<string, Support>>>> = {
  RUN: {
    mount: { since: '1.2', labs: '1.0' },
    network: { since: '1.3', labs: '1.2' },
    security: { since: '1.20', labs: '1.1' },
    device: { since: '1.27', labs: '1.14' },
  },
  COPY: { ...FILES, parents: { since: '1.20', labs: '1.7' } },
  ADD: {
    ...FILES,
    'keep-git-dir': { since: '1.6', labs: '1.5' },
    checksum: { since: '1.6', labs: '1.5' },
    unpack: { since: '1.17' },
  },
  HEALTHCHECK: { 'start-interval': { since: '1.6' } },
};

export const LEGACY_FLAGS: readonly string[] = ['HEALTHCHECK --start-interval'];

/** What is no flag. */
export const CONSTRUCTS = {
  heredoc: { since: '1.4', labs: '1.3' },
  spacedHeredoc: { since: '1.16' },
  severalArgs: { since: '1.2' },
  /** `${X-word}` without a colon, and with `+` and `?`. */
  shortForm: { since: '1.6' },
  /** `${X#pattern}`, and with `##`, `%`, `%%`, `/` and `//`. */
  patternForm: { since: '1.7' },
  variableInMount: { since: '1.3' },
  secretAsVariable: { since: '1.10' },
  variableInMode: { since: '1.10', ignoredBefore: '1.10' },
  symbolicMode: { since: '1.14', labs: '1.11', ignoredBefore: '1.10' },
  gitRepository: { since: '1.6', labs: '1.5' },
  checksumOfGit: { since: '1.16' },
  /** `# check=`, a comment before. */
  checks: { since: '1.8', ignoredBefore: '1.8' },
} as const satisfies Readonly<Record<string, Support>>;
