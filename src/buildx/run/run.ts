import type { Environment } from '../../lib/environment.ts';
import { createOperation, type Operation } from '../../lib/operation.ts';
import type { EnvironmentVariables } from '../../lib/process/exec.ts';
import { type Credentials, createRedactor, type Secret } from '../../lib/secret.ts';
import type { BuildCapabilities } from '../capabilities.ts';
import { chooseInvocation, type Invocation } from '../invocation.ts';
import { missingCapabilityError } from '../missing.ts';
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
  /** The whole environment of docker child processes: which engine, which credentials, and the build secrets' variables. */
  readonly env: EnvironmentVariables;
  /** Masked in everything that the build prints, beside the plan's build secrets. */
  readonly secrets?: Iterable<Credentials | Secret> | undefined;
  /** Ends the build; nothing of it is left behind. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Carries a plan out: one bake where buildx is there, one `docker build` an image where it is not.
 *
 * @throws {ObjDockerError} (from `result` and from the loop) COMMAND_NOT_FOUND or BUILDER_INCAPABLE when the machine lacks
 * something, VARIABLE_UNSET or SECRET_FILE_UNREADABLE for a build secret, BUILD_FAILED with `details.{target, stage, step,
 * dockerfile, line, logTail}`, ENGINE_DISK_FULL, ENGINE_UNREACHABLE, PUSH_FAILED, REGISTRY_UNAUTHORIZED, CANCELLED.
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
    // One image stays one image: older Harbors show the extra entry of an attestation badly.
    BUILDX_NO_DEFAULT_ATTESTATIONS: '1',
    // Newer buildx asks on a terminal before it reads outside of its folder; the plan says what is read.
    BUILDX_BAKE_ENTITLEMENTS_FS: '0',
    BUILDX_METADATA_PROVENANCE: 'disabled',
    BUILDKIT_PROGRESS: undefined,
    DOCKER_CLI_HINTS: 'false',
    NO_COLOR: '1',
  };
}
