import { isAtLeast } from '../../lib/version.ts';
import type { BuildCapabilities } from '../capabilities.ts';
import type { BuildPlan, FrontendRelease, PlannedFeature } from '../plan.ts';

/** What a release of Docker's Dockerfile frontend makes of a construct. */
export function effectOf(feature: PlannedFeature, frontend: FrontendRelease): 'taken' | 'refused' | 'ignored' {
  const { since, labs, until, ignoredBefore } = feature;
  if (frontend.version === 'newest') return until === undefined ? 'taken' : 'refused';
  if (until !== undefined) return isAtLeast(frontend.version, until) ? 'refused' : 'taken';
  const needed = frontend.labs ? (labs ?? since) : since;
  if (needed === undefined || isAtLeast(frontend.version, needed)) return 'taken';
  return ignoredBefore !== undefined && !isAtLeast(frontend.version, ignoredBefore) ? 'ignored' : 'refused';
}

/** The frontend inside a builder. */
export interface BuilderFrontend extends FrontendRelease {
  /** For a message: `engine 26.1.5 (BuildKit 0.13)`. */
  readonly where: string;
}

/** The builder's own frontend, if it is what reads the Dockerfile and its release is known. */
export function builderFrontend(plan: BuildPlan, { builder, engine }: BuildCapabilities): BuilderFrontend | undefined {
  if (plan.syntax !== undefined) return undefined;
  if (builder?.buildkit !== undefined) {
    const version = dockerfileVersion(builder.buildkit);
    if (version === undefined) return undefined;
    return { version, labs: false, where: `the builder "${builder.name}" (BuildKit ${builder.buildkit})` };
  }
  const isDockerDriver = builder === undefined ? plan.builder === undefined : builder.driver === 'docker';
  if (!isDockerDriver || engine === undefined) return undefined;
  if (isAtLeast(engine.version, FIRST_UNKNOWN_ENGINE))
    return { version: 'newest', labs: false, where: `engine ${engine.version}` };
  const buildkit = ENGINES.findLast(([since]) => isAtLeast(engine.version, since))?.[1];
  const version = buildkit === undefined ? undefined : dockerfileVersion(buildkit);
  if (buildkit === undefined || version === undefined) return undefined;
  return { version, labs: false, where: `engine ${engine.version} (BuildKit ${buildkit})` };
}

/** The oldest BuildKit and the oldest engine that have a version of the Dockerfile frontend. */
export function firstWith(version: string): { readonly buildkit: string; readonly engine: string | undefined } {
  const minor = Number(/^1\.(\d+)/.exec(version)?.[1] ?? 0);
  const buildkit = `0.${minor + AHEAD}`;
  return { buildkit, engine: ENGINES.find(([, has]) => isAtLeast(has, buildkit))?.[0] };
}

// Since BuildKit 0.8 with Dockerfile 1.2 both count up together: BuildKit's release notes name the frontend, and since 0.30
// its frontend/dockerfile/version does.
const AHEAD = 6;

function dockerfileVersion(buildkit: string): string | undefined {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(buildkit) ?? [];
  if (major !== '0' || minor === undefined || Number(minor) < 8) return undefined;
  return `1.${Number(minor) - AHEAD}`;
}

// From vendor.mod of each engine, and Docker's release notes. An engine that is not known may have any newer one.
const FIRST_UNKNOWN_ENGINE = '29.1';
const ENGINES: readonly (readonly [engine: string, buildkit: string])[] = [
  ['20.10', '0.8'],
  ['23.0', '0.10'],
  ['24.0', '0.11'],
  ['25.0', '0.12'],
  ['26.0', '0.13'],
  ['27.0', '0.14'],
  ['27.1', '0.15'],
  ['27.3', '0.16'],
  ['27.4', '0.17'],
  ['27.5', '0.18'],
  ['28.0', '0.20'],
  ['28.1', '0.21'],
  ['28.2', '0.22'],
  ['28.3', '0.23'],
  ['28.4', '0.24'],
  ['28.5', '0.25'],
];
