import { isAtLeast } from '../../lib/version.ts';
import type { BuildCapabilities, CapabilityOptions } from '../capabilities.ts';

/** `docker buildx build --call` came with this version of buildx (docs.docker.com/build/checks). */
const FIRST_BUILDX = '0.15';

/** A question to the frontend that reads a Dockerfile. */
export interface FrontendCall {
  readonly method: 'check' | 'targets';
  /** For messages: `build checks`. */
  readonly what: string;
  readonly dockerfile: string;
  readonly context: string;
  readonly builder?: string | undefined;
  readonly platform?: string | undefined;
  readonly target?: string | undefined;
  readonly args: Readonly<Record<string, string>>;
  /** Another frontend than the builder's own. */
  readonly syntax?: string | undefined;
}

/** Why buildx cannot ask; undefined when it can. */
export function whyNoCalls({ buildx }: BuildCapabilities, what: string): string | undefined {
  if (buildx === undefined) return `docker has no buildx plugin, which asks for ${what}`;
  // A buildx that was built without its version may be a new one.
  if (!isAtLeast(buildx.version, '0.1') || isAtLeast(buildx.version, FIRST_BUILDX)) return undefined;
  return `buildx ${buildx.version} cannot ask for ${what}: ${FIRST_BUILDX} is the first that can`;
}

/** Asks a frontend. Builds nothing, and sends only the Dockerfile and the ignore file. */
export async function callFrontend(
  call: FrontendCall,
  { environment, env, signal }: CapabilityOptions,
): Promise<{ readonly response: unknown; readonly reason: string }> {
  const { stdout, stderr } = await environment.exec('docker', callArguments(call), {
    env: { ...env, DOCKER_DEFAULT_PLATFORM: undefined },
    signal,
    cwd: call.context,
    withDescendants: true,
  });
  return { response: parseJson(stdout), reason: reasonOf(stderr, call) };
}

function callArguments({ method, dockerfile, context, builder, platform, target, args }: FrontendCall): string[] {
  return [
    'buildx',
    'build',
    '--call',
    `${method},format=json`,
    '--progress',
    'plain',
    ...(builder === undefined ? [] : ['--builder', builder]),
    ...(platform === undefined ? [] : ['--platform', platform]),
    '--file',
    dockerfile,
    ...(target === undefined ? [] : ['--target', target]),
    ...Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
    context,
  ];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function reasonOf(stderr: string, { syntax, what }: FrontendCall): string {
  // The second is about frontends that respond to no calls at all.
  if (/unsupported (?:request frontend\.|frontend capability moby\.buildkit\.frontend\.subrequests)/.test(stderr))
    return syntax === undefined
      ? `the builder gives no ${what}: they came with BuildKit 0.14 (engine 27.0)`
      : `the frontend ${syntax} gives no ${what}`;
  const error = stderr
    .match(/^ERROR: (.*)$/gm)
    ?.at(-1)
    ?.replace(/^ERROR: /, '');
  return `the builder gave no ${what}: ${error ?? (stderr.trim().split('\n').at(-1) || 'docker printed nothing')}`;
}
