import type { Environment } from '../../lib/environment.ts';
import { createOperation, type Operation } from '../../lib/operation.ts';
import type { EnvironmentVariables } from '../../lib/process/exec.ts';
import { type Credentials, createRedactor, type Secret } from '../../lib/secret.ts';
import type { BuildCapabilities } from '../capabilities.ts';
import { chooseInvocation, type Invocation } from '../invocation.ts';
import { missingCapabilityError } from '../missing-capabilities.ts';
import type { BuildPlan } from '../plan.ts';
import type { BuildEvent, BuildResult } from '../progress/events.ts';
import type { BuildRun } from './build-run.ts';
import { checkSecrets } from './check-secrets.ts';
import { runBake } from './run-bake.ts';
import { runDockerBuilds } from './run-docker-build.ts';
import { secretValues } from './secret-values.ts';
import { createWorkspace } from './workspace.ts';

export interface RunBuildOptions {
  readonly environment: Environment;
  /** All environment variables of docker child processes: for the engine, the credentials and the build secrets. */
  readonly env: EnvironmentVariables;
  /** Masked in all output of the build, in addition to the plan's build secrets. */
  readonly secrets?: Iterable<Credentials | Secret> | undefined;
  /** Cancels the build and removes its temporary files. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Builds a plan: one bake with buildx, one `docker build` per image without.
 *
 * @throws {ObjDockerError} (from `result` and from the loop) COMMAND_NOT_FOUND or BUILDER_INCAPABLE when this machine lacks
 * something, VARIABLE_UNSET or SECRET_FILE_UNREADABLE for a build secret, BUILD_FAILED with `details.{target, stage, step,
 * dockerfile, line, logTail, alsoFailed}` of the step that failed first, ENGINE_DISK_FULL, ENGINE_UNREACHABLE, PUSH_FAILED, REGISTRY_UNAUTHORIZED, CANCELLED.
 */
export function runBuild(
  plan: BuildPlan,
  capabilities: BuildCapabilities,
  options: RunBuildOptions,
): Operation<BuildEvent, BuildResult> {
  return createOperation(async ({ emit, signal }) => {
    const { environment } = options;
    const startedMs = environment.now().getTime();
    const invocation = chooseInvocation(plan, capabilities);
    const [first, ...others] = invocation.missing;
    if (first !== undefined) throw missingCapabilityError([first, ...others]);
    await checkSecrets(plan.secrets, options.env);

    const workspace = await createWorkspace(plan, environment.temp);
    try {
      const redact = createRedactor([...(options.secrets ?? []), ...(await secretValues(plan.secrets, options.env))]);
      const env = buildEnvironment(options.env, invocation);
      const run: BuildRun = { plan, capabilities, invocation, workspace, environment, env, redact, emit, signal };
      const built = invocation.method === 'bake' ? await runBake(run) : await runDockerBuilds(run);
      return { method: invocation.method, ...built, durationMs: environment.now().getTime() - startedMs };
    } finally {
      await workspace[Symbol.asyncDispose]();
    }
  }, options.signal);
}

function buildEnvironment(env: EnvironmentVariables, { method }: Invocation): EnvironmentVariables {
  return {
    ...env,
    DOCKER_BUILDKIT: method === 'legacy' ? '0' : '1',
    // Attestations add an extra entry to the index, which older Harbor versions show as an unknown image.
    BUILDX_NO_DEFAULT_ATTESTATIONS: '1',
    // Newer buildx prompts before it reads files outside its directory. The plan decides which files are read.
    BUILDX_BAKE_ENTITLEMENTS_FS: '0',
    BUILDX_METADATA_PROVENANCE: 'disabled',
    BUILDKIT_PROGRESS: undefined,
    // The plan says what is built: no other platform, and no labels that it does not have.
    DOCKER_DEFAULT_PLATFORM: undefined,
    BUILDX_GIT_LABELS: undefined,
    DOCKER_CLI_HINTS: 'false',
    NO_COLOR: '1',
  };
}
