import type { DockerAccess } from '../access/docker-access.ts';
import { credentialsFor, openImageRegistry } from '../access/registry-access.ts';
import { checkPlan } from '../build/build-package.ts';
import { targetFinder } from '../build/find-targets.ts';
import { prepareBuild } from '../build/prepare.ts';
import { type BuildCapabilities, findBuilder, findClientCapabilities } from '../buildx/capabilities.ts';
import { chooseInvocation } from '../buildx/invocation.ts';
import type { BuildPlan } from '../buildx/plan.ts';
import { ANY_TAG } from '../config/image-name.ts';
import type { Package } from '../config/package.ts';
import type { Engine } from '../docker/connection/engine.ts';
import { engineEnvironment } from '../docker/connection/environment.ts';
import { isObjDockerError } from '../errors.ts';
import { createOperation, type Operation } from '../lib/operation.ts';
import { once } from '../lib/shared-work.ts';
import type { CallOptions } from '../substrate/obj-substrate.ts';
import { checkedProject } from './checked-project.ts';
import { baseImagesCheck, credentialsCheck, diskSpaceCheck, engineCheck, registryCheck } from './checks.ts';
import { buildChecksCheck, dockerfileCheck } from './dockerfile-checks.ts';
import { permissionsCheck } from './permissions-check.ts';
import { type PreflightCheck, type PreflightEvent, type PreflightResult, runPreflight } from './preflight.ts';
import { probe } from './probe/probe-package.ts';
import { retentionCheck } from './retention-check.ts';

/** The options of the following build that override the config. */
export interface PreflightPackageOptions extends CallOptions {
  readonly services?: readonly string[] | undefined;
  readonly tag?: string | undefined;
  readonly platforms?: readonly string[] | undefined;
  readonly builder?: string | undefined;
  /** False checks no permission that only scans need. @default true */
  readonly scan?: boolean | undefined;
  /** Only the checks of what builds, or of what takes the images. @default both */
  readonly part?: 'build' | 'registry' | undefined;
}

/** Everything that a build, a push and a release of the package need, as a checklist. */
export function preflightPackage(
  pkg: Package,
  { signal, part, ...wanted }: PreflightPackageOptions,
  access: DockerAccess,
): Operation<PreflightEvent, PreflightResult> {
  const { environment } = access;
  const { registry } = pkg;
  // Several checks share each of these.
  const engine = once(() => access.connect({ signal }));
  const plan = once(async () => {
    const tag = wanted.tag ?? pkg.image.tag ?? ANY_TAG;
    const findTargets = targetFinder(pkg, wanted.builder, { ...access, signal });
    return prepareBuild(pkg, { ...wanted, tag }, { environment, signal, findTargets });
  });
  const report = once(() => probe(pkg, { environment, signal }));
  const checked = checkedProject(pkg, { environment, signal });
  const credentials = once(() => credentialsFor(registry.host, pkg, { environment, signal }));
  const images = async () => (await plan()).baseImages;
  const usesHarbor = registry.type === 'harbor';
  const registryOf = (domain: string) => openImageRegistry(domain, pkg, { environment, signal });

  const ofBuild = [
    engineCheck(engine),
    builderCheck({ plan, engine, access }),
    dockerfileCheck(plan),
    buildChecksCheck(async (deadline) => checkPlan(pkg, await plan(), { ...access, signal: deadline })),
    baseImagesCheck({ images, engine, registryFor: registryOf }),
  ];
  const ofRegistry = [
    registryCheck(report),
    credentialsCheck({ host: registry.host, find: credentials, probe: report }),
    ...(usesHarbor
      ? [permissionsCheck(pkg, { checked, scan: wanted.scan ?? true }), retentionCheck(pkg, { checked, plan })]
      : []),
  ];
  const checks = [
    ...(part === 'registry' ? [] : ofBuild),
    ...(part === 'build' ? [] : ofRegistry),
    ...(part === 'registry' ? [] : [diskSpaceCheck(engine)]),
  ];
  return createOperation(async ({ emit, signal: cancelled }) => {
    await using _checked = checked;
    const running = runPreflight(checks, { signal: cancelled });
    for await (const event of running) await emit(event);
    return await running.result;
  }, signal);
}

/** The docker command supports the build that the config describes: all services in one solve, platforms, secrets. */
function builderCheck(parts: {
  readonly plan: () => Promise<BuildPlan>;
  readonly engine: () => Promise<Engine>;
  readonly access: DockerAccess;
}): PreflightCheck {
  return {
    id: 'buildx',
    title: 'Docker client and buildx',
    async run(signal) {
      const { environment, endpoint } = parts.access;
      const env = engineEnvironment(await endpoint(), environment.env);
      const client = await findClientCapabilities({ environment, env, signal });
      const versions = `docker ${client.docker?.version ?? 'missing'}, buildx ${client.buildx?.version ?? 'missing'}`;
      const wanted = await parts.plan().catch(ignoreKnown);
      const engine = await parts
        .engine()
        .then((connected) => connected.info({ signal }))
        .catch(ignoreKnown);
      const needsBuilder =
        wanted !== undefined &&
        (wanted.platforms.length > 0 || wanted.builder !== undefined || wanted.features.length > 0);
      const builder =
        needsBuilder && client.buildx !== undefined && (engine !== undefined || wanted.builder !== undefined)
          ? await findBuilder(wanted.builder, { environment, env, signal })
          : undefined;
      const capabilities: BuildCapabilities = {
        ...client,
        ...(builder === undefined ? {} : { builder }),
        ...(engine === undefined ? {} : { engine }),
      };
      const { missing: [missing] = [], warnings: [warning] = [] } =
        wanted === undefined ? {} : chooseInvocation(wanted, capabilities);
      if (missing !== undefined) {
        const errorCode = missing.capability === 'docker' ? 'COMMAND_NOT_FOUND' : 'BUILDER_INCAPABLE';
        return { status: 'failed', detail: missing.message, hint: missing.hint, errorCode };
      }
      if (client.docker === undefined) {
        return {
          status: 'failed',
          detail: versions,
          hint: 'Install the docker command.',
          errorCode: 'COMMAND_NOT_FOUND',
        };
      }
      if (warning !== undefined) return { status: 'warning', detail: warning.message, hint: warning.hint };
      if (client.buildx !== undefined) return { status: 'ok', detail: versions };
      return {
        status: 'warning',
        detail: `${versions}: services are built one after another`,
        hint: 'With the buildx plugin all services build in one solve, and several platforms are possible.',
      };
    },
  };
}

/** Ignores an error that another check reports. */
function ignoreKnown(error: unknown): undefined {
  if (!isObjDockerError(error)) throw error;
  return undefined;
}
