/**
 * What is to be built, as data: made from a package and its Dockerfile without touching engine or network, shown by a dry
 * run, carried out by `runBuild`.
 */
export interface BuildPlan {
  readonly package: string;
  /** Absolute path of the user's own Dockerfile. */
  readonly dockerfile: string;
  /** Absolute path of the build context's folder. */
  readonly context: string;
  readonly images: readonly PlannedImage[];
  /** Why these stages are the images, as a sentence without a full stop. */
  readonly selection: string;
  /** Final stages that become no image. */
  readonly leftOut: readonly LeftOutStage[];
  /** `os/arch[/variant]`, normalised; empty means the engine's own. */
  readonly platforms: readonly string[];
  readonly secrets: readonly PlannedSecret[];
  /** What must not enter the context, whatever the ignore file says. */
  readonly excluded: readonly ExcludedPath[];
  readonly noCache: boolean;
  /** Ask the registry for newer base images. */
  readonly pull: boolean;
  readonly builder?: string;
  readonly cacheFrom: readonly string[];
  readonly cacheTo: readonly string[];
  /** The Dockerfile's stages with their steps, to find the line of a step. */
  readonly stages: readonly PlannedStage[];
  /** Constructs that only BuildKit knows, with the line of the first. */
  readonly buildkitFeatures: readonly { readonly feature: string; readonly text: string; readonly line: number }[];
  /** The image of a `# syntax=` line. */
  readonly syntax?: string;
  /** Images that the planned stages start, copy or mount from, arguments filled in, without doubles. */
  readonly baseImages: readonly string[];
  readonly warnings: readonly PlanWarning[];
}

/** One image of a plan. */
export interface PlannedImage {
  /** The stage; undefined for an unnamed last one. */
  readonly target?: string;
  /** The service's name as the config or the Dockerfile has it; undefined for a package with a single image. */
  readonly service?: string;
  /** Full reference with registry and tag. */
  readonly reference: string;
  /** The build arguments that the target's reach declares. */
  readonly args: Readonly<Record<string, string>>;
  /** The first RUN on the target's platform; undefined when nothing runs there, so that no emulation is needed. */
  readonly firstRun?: { readonly line: number };
}

/** A final stage that is not built, and why. */
export interface LeftOutStage {
  /** Its name, or `stage 3` for an unnamed one. */
  readonly stage: string;
  readonly line: number;
  readonly reason: string;
}

/** A secret that is handed over with `--secret`: where its value is, never the value. */
export type PlannedSecret = { readonly id: string } & ({ readonly env: string } | { readonly file: string });

/** A path that stays out of the context. */
export interface ExcludedPath {
  /** Relative to the context, with forward slashes. */
  readonly path: string;
  /** For a message: `holds the password at homechoice.deployment.registry.password`. */
  readonly reason: string;
}

/** A stage and where its steps are written. */
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

/** Something that works, but most likely not as meant. */
export interface PlanWarning {
  readonly message: string;
  readonly hint?: string;
}
