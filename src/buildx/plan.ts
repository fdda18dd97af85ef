/**
 * A build as plain data. It is made from a package and its Dockerfile, without engine or network; a dry run shows it, and
 * `runBuild` runs it.
 */
export interface BuildPlan {
  readonly package: string;
  /** Absolute path of the Dockerfile. */
  readonly dockerfile: string;
  /** Absolute path of the build context. */
  readonly context: string;
  readonly images: readonly PlannedImage[];
  /** Why these stages are the images, as a sentence without a full stop. */
  readonly selection: string;
  /** Final stages that do not become images. */
  readonly excludedStages: readonly ExcludedStage[];
  /** `os/arch[/variant]`, normalized; empty for the engine's own platform. */
  readonly platforms: readonly string[];
  readonly secrets: readonly PlannedSecret[];
  /** Files that must not be in the context, whatever the ignore file says. */
  readonly excluded: readonly ExcludedPath[];
  readonly noCache: boolean;
  /** Whether to pull newer base images. */
  readonly pull: boolean;
  /** The digests that images of the Dockerfile have to have, by their names; kept where the builder can (see `pinsImages`). */
  readonly pinned: Readonly<Record<string, string>>;
  readonly builder?: string;
  /** The Dockerfile's stages with their steps. Used to find the line of a step. */
  readonly stages: readonly PlannedStage[];
  /** What not every builder takes, with the line of the first one, in the order of lines. */
  readonly features: readonly PlannedFeature[];
  /** The image of a `# syntax=` line, or of the argument BUILDKIT_SYNTAX. */
  readonly syntax?: string;
  /** The images that the planned stages start from, copy from or mount, with arguments expanded, without duplicates. */
  readonly baseImages: readonly string[];
  readonly warnings: readonly PlanWarning[];
  /** What a build does without a word, and a dry run says. */
  readonly remarks: readonly PlanWarning[];
}

/** A construct of the Dockerfile that not every builder, or not every release of Docker's Dockerfile frontend, takes. */
export interface PlannedFeature {
  /** For a message: `RUN --mount`; with `until`, a sentence. */
  readonly text: string;
  readonly line: number;
  /** Whether the legacy builder takes it, too. */
  readonly legacy: boolean;
  /** The first Dockerfile version that takes it. @default every one */
  readonly since?: string;
  /** The first version of the labs channel that takes it. @default `since` */
  readonly labs?: string;
  /** The first Dockerfile version that refuses it. @default none */
  readonly until?: string;
  /** Older Dockerfile versions do not refuse it: it has no effect in them. @default none */
  readonly ignoredBefore?: string;
  /** What to write instead. */
  readonly hint?: string;
}

/** A release of Docker's Dockerfile frontend. */
export interface FrontendRelease {
  /** `1.4`, or `newest`. */
  readonly version: string;
  /** Whether it is of the labs channel. */
  readonly labs: boolean;
}

/** One image of a plan. */
export interface PlannedImage {
  /** The stage; undefined for an unnamed last stage. */
  readonly target?: string;
  /** The service name; undefined for a package with a single image. */
  readonly service?: string;
  /** Full reference with registry and tag. */
  readonly reference: string;
  /** The build arguments that the target or its transitive dependencies declare. */
  readonly args: Readonly<Record<string, string>>;
  /** Build caches to read and to write, as buildx takes them. @default none */
  readonly cacheFrom?: readonly string[];
  readonly cacheTo?: readonly string[];
  /** The first RUN on the target platform; undefined when no RUN needs emulation. */
  readonly firstRun?: { readonly line: number };
  readonly contents?: PlannedContents;
}

/** What the Dockerfile says of an image. */
export interface PlannedContents {
  /** The stages that it is made from, itself last. */
  readonly stages: readonly { readonly index: number; readonly name?: string; readonly line: number }[];
  /** The build arguments that have an effect on it. */
  readonly arguments: readonly PlannedArgument[];
  /** Images that it starts, copies or mounts from; a variable that only the build knows stays. */
  readonly bases: readonly { readonly image: string; readonly line: number }[];
  /** Secrets and SSH agents that its RUNs mount. */
  readonly mounts: readonly {
    readonly type: 'secret' | 'ssh';
    readonly id: string;
    readonly line: number;
    readonly required: boolean;
  }[];
  /** Paths that it takes from the build context, relative to its root. */
  readonly contextPaths: readonly { readonly path: string; readonly line: number; readonly instruction: string }[];
}

export interface PlannedArgument {
  readonly name: string;
  /** Undefined for an argument without a value. */
  readonly value?: string;
  /** A key of config.yaml, `objdocker` (PACKAGE, VERSION, REVISION), `dockerfile` (a default), or `unset`. */
  readonly source: string;
}

/** A final stage that is not built, and why. */
export interface ExcludedStage {
  /** Its name, or `stage 3` for an unnamed stage. */
  readonly stage: string;
  readonly line: number;
  readonly reason: string;
}

/** A secret that is passed with `--secret`: where its value is, never the value. */
export type PlannedSecret = { readonly id: string } & ({ readonly env: string } | { readonly file: string });

/** A path that is excluded from the context. */
export interface ExcludedPath {
  /** Relative to the context, with forward slashes. */
  readonly path: string;
  /** Completes "which ..." in a message: `holds the password at homechoice.deployment.registry.password`. */
  readonly reason: string;
  /** Whether this run writes it. @default false */
  readonly isOutput?: boolean;
}

/** A stage and the lines of its steps. */
export interface PlannedStage {
  readonly index: number;
  readonly name?: string;
  readonly steps: readonly {
    readonly keyword: string;
    readonly line: number;
    readonly text: string;
    readonly ordinal?: number;
  }[];
}

/** Something that works, but probably not as intended. */
export interface PlanWarning {
  readonly message: string;
  readonly hint?: string;
}
