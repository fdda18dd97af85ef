import { type ErrorCode, ObjDockerError } from '../../errors.ts';
import { mistypedStage } from '../mistyped-stage.ts';
import type { BuildPlan } from '../plan.ts';
import type { BuildProgress, Step } from '../progress/progress.ts';
import { lineOfStep, parseStepName } from '../progress/step-name.ts';

/** Makes the error for a failed build: what failed first, where in the Dockerfile, and what to do. */
export function buildFailure(plan: BuildPlan, progress: BuildProgress, ended: { exitCode: number }): ObjDockerError {
  const [step, ...others] = progress.failed;
  const printed = reasonOf(progress.textLines);
  // What the client prints in the end may belong to any of several failed steps.
  const reason =
    (others.length > 0 ? step?.error : printed) ?? step?.error ?? `docker exited with code ${ended.exitCode}`;
  const known = step === undefined ? undefined : lineOfStep(plan, step.name);
  const line = others.length > 0 ? known : (printedLine(plan, progress.textLines) ?? known);
  const logTail = step?.tail.lines ?? [];
  const { code, lead, ...kind } = classify(`${reason}\n${step?.error ?? ''}`, logTail);
  const isSyntax = step === undefined && line !== undefined;
  const stageHint = lead === undefined ? mistypedStageHint(plan, step, reason) : undefined;
  const hint = stageHint ?? kind.hint ?? (isSyntax ? 'Correct that line: the builder cannot parse it.' : undefined);
  const location = line === undefined ? plan.dockerfile : `${plan.dockerfile}:${line}`;
  const details = {
    ...(step === undefined ? {} : stepDetails(plan, step)),
    dockerfile: plan.dockerfile,
    ...(line === undefined ? {} : { line }),
    logTail,
    ...(others.length === 0 ? {} : { alsoFailed: others.map((other) => stepDetails(plan, other)) }),
  };
  const message = `${location}: ${describe(step, reason)}${describeOthers(plan, others)}`;
  return new ObjDockerError(code, lead === undefined ? message : `${lead}: ${message}`, { hint, details });
}

function stepDetails(plan: BuildPlan, { name, tail }: Step) {
  const line = lineOfStep(plan, name);
  return {
    ...(name.target === undefined ? {} : { target: name.target }),
    ...(name.stage === undefined ? {} : { stage: name.stage }),
    ...(name.platform === undefined ? {} : { platform: name.platform }),
    step: name.instruction,
    ...(line === undefined ? {} : { line }),
    logTail: tail.lines,
  };
}

function describeOthers(plan: BuildPlan, others: readonly Step[]): string {
  if (others.length === 0) return '';
  const named = others.map(({ name }) => {
    const line = lineOfStep(plan, name);
    const place = [
      ...(line === undefined ? [] : [`line ${line}`]),
      ...(name.stage === undefined ? [] : [`stage "${name.stage}"`]),
    ];
    return `${shortened(name.instruction)}${place.length === 0 ? '' : ` (${place.join(', ')})`}`;
  });
  return `. Then failed: ${[...new Set(named)].join('; ')}`;
}

function shortened(instruction: string): string {
  return instruction.length > 120 ? `${instruction.slice(0, 120)}…` : instruction;
}

function describe(step: Step | undefined, reason: string): string {
  if (step === undefined) return reason;
  const { instruction, stage } = step.name;
  const base = /^load metadata for (\S+)$/.exec(instruction)?.[1];
  if (base !== undefined) return `cannot pull the base image ${base}: ${withoutPrefixes(step.error ?? reason)}`;
  const exit = /(?:exit code|non-zero code): (\d+)/.exec(step.error ?? reason)?.[1];
  const where = stage === undefined ? '' : ` (stage "${stage}")`;
  return `${shortened(instruction)} failed${where}: ${exit === undefined ? withoutPrefixes(step.error ?? reason) : `exit code ${exit}`}`;
}

/** The image that the builder could not get: BuildKit names it in full, the legacy builder as it is written. */
const PULLED =
  /load metadata for docker\.io\/library\/([\w-]+):latest$|^(?:failed to resolve source metadata for )?docker\.io\/library\/([\w-]+):latest: |^invalid from flag value ([\w-]+): |^pull access denied for ([\w-]+),/;

function mistypedStageHint(plan: BuildPlan, step: Step | undefined, reason: string): string | undefined {
  const [image] = [step?.name.instruction ?? '', reason].flatMap(
    (text) =>
      PULLED.exec(text)
        ?.slice(1)
        .filter((name) => name !== undefined) ?? [],
  );
  if (image === undefined) return undefined;
  const stage = mistypedStage(
    image,
    plan.stages.flatMap(({ name }) => name ?? []),
  );
  if (stage === undefined) return undefined;
  return `No stage above that line is named "${image}", so the builder looked for an image. Did you mean the stage "${stage}"?`;
}

/** The last error that the client printed, without common prefixes. */
function reasonOf(lines: readonly string[]): string | undefined {
  const marked = lines.findLast((line) => /^(ERROR: |error: |failed to solve)/i.test(line));
  const last = marked ?? lines.findLast((line) => line.trim() !== '' && !/^(-{6,}| > |WARNING)/.test(line));
  return last === undefined ? undefined : withoutPrefixes(last);
}

function withoutPrefixes(text: string): string {
  return text
    .replace(/^ERROR: /i, '')
    .replace(/^target \S+: /, '')
    .replace(/^failed to solve( with frontend \S+)?: /, '')
    .replace(
      /^(failed to solve with frontend \S+: |failed to create LLB definition: |rpc error: code = \S+ desc = )+/,
      '',
    )
    .trim();
}

/** The line that BuildKit prints above its excerpt: `axion.dockerfile:12`. */
function printedLine(plan: BuildPlan, lines: readonly string[]): number | undefined {
  const name = plan.dockerfile.slice(plan.dockerfile.lastIndexOf('/') + 1);
  const excerpt = lines.find((line) => line.startsWith(`${name}:`) && /:\d+$/.test(line));
  if (excerpt !== undefined) return Number(excerpt.slice(excerpt.lastIndexOf(':') + 1));
  const parse = lines.join('\n').match(/parse error (?:on )?line (\d+)/);
  if (parse?.[1] !== undefined) return Number(parse[1]);
  const legacy = lines.findLast((line) => parseStepName(line, []).ordinal !== undefined);
  return legacy === undefined ? undefined : lineOfStep(plan, parseStepName(legacy, []));
}

interface Kind {
  readonly code: ErrorCode;
  /** Put in front of the message when the Dockerfile is not the cause. */
  readonly lead?: string;
  readonly pattern: RegExp;
  /** Whether to search the output of the failed command, too. */
  readonly inOutput?: boolean;
  readonly hint: string;
}

// The first match wins: a full disk and a lost engine also cause other errors.
const KINDS: readonly Kind[] = [
  {
    code: 'ENGINE_DISK_FULL',
    lead: "the engine's disk is full",
    pattern: /no space left on device|disk quota exceeded|\bENOSPC\b/i,
    inOutput: true,
    hint: 'See what uses the space: docker system df. Free some: docker builder prune, docker image prune.',
  },
  {
    code: 'ENGINE_PERMISSION',
    lead: 'permission denied on the socket of the engine',
    pattern: /permission denied while trying to connect to the (docker )?daemon/i,
    hint: 'Join the group that owns the engine\'s socket (usually "docker"), or use another engine with --context or -H.',
  },
  {
    code: 'ENGINE_UNREACHABLE',
    lead: 'the engine did not respond, or stopped during the build',
    pattern:
      /cannot connect to the docker daemon|failed to connect to the docker API|error during connect|is the docker daemon running|error reading from server|failed to list workers|driver not connecting|transport is closing|graceful_stop|code = Unavailable|server did not provide an image ID|^unexpected EOF$/im,
    hint: 'Start the engine, or read in its log why it stopped (journalctl -u docker). Then build again: finished steps are cached.',
  },
  {
    code: 'REGISTRY_UNAUTHORIZED',
    pattern:
      /(push|pushing).*(unauthorized|authentication required|no basic auth)|(unauthorized|authentication required).*push/i,
    hint: 'The registry rejected the credentials for the push. Check deployment.registry.username and password, or run docker login.',
  },
  {
    code: 'PUSH_FAILED',
    pattern: /failed to push|push access denied|pushing .* failed|server gave HTTP response to HTTPS client/i,
    hint: "The image was built, but the registry rejected the push. Add a registry without TLS to the engine's insecure-registries.",
  },
  {
    code: 'REGISTRY_UNAUTHORIZED',
    pattern: /401 Unauthorized|no basic auth credentials|incorrect username or password/i,
    hint: 'The registry of a base image or of the build cache rejected the credentials, or got none. Check deployment.registry.username and password, or run docker login.',
  },
  {
    code: 'BUILD_FAILED',
    pattern: /(importing|exporting) cache|registry cache (importer|exporter)/i,
    hint: 'Check image.cache, image.cacheFrom and image.cacheTo. Harbor needs image-manifest=true in a cacheTo of type=registry.',
  },
  {
    code: 'BUILD_FAILED',
    pattern: /toomanyrequests|pull rate limit/i,
    hint: 'Docker Hub limits the number of pulls: log in (docker login), or use a mirror in image.baseImage.',
  },
  {
    code: 'BUILD_FAILED',
    pattern: /pull access denied|insufficient_scope|authorization failed|403 Forbidden/i,
    hint: 'The registry denied the pull of a base image: check its name, or log in with an account that may pull it.',
  },
  {
    code: 'BUILD_FAILED',
    pattern:
      /no such host|i\/o timeout|connection refused|network is unreachable|TLS handshake timeout|server misbehaving|failed to do request|failed to authorize/i,
    hint: 'The engine cannot reach the registry of a base image. Without access to Docker Hub, use an image of your own registry in image.baseImage, or configure a registry mirror for the engine.',
  },
  {
    code: 'BUILD_FAILED',
    pattern: /no match for platform in manifest|does not match the specified platform/i,
    hint: 'Use a base image that exists for that platform, or build for another platform.',
  },
  {
    code: 'BUILD_FAILED',
    pattern: /exec format error/i,
    inOutput: true,
    hint: "The build ran a program of another platform: register QEMU with binfmt on the engine's machine, or use a base image of the right architecture.",
  },
  {
    code: 'BUILD_FAILED',
    pattern:
      /failed to resolve source metadata|failed to load cache key|manifest unknown|manifest .* not found|load metadata for/i,
    hint: 'A base image does not exist: check its name and tag (image.baseImage, image.baseRuntimeImage, FROM).',
  },
  {
    code: 'BUILD_FAILED',
    pattern: /failed to (compute cache key|calculate checksum)|COPY failed|ADD failed/i,
    hint: 'A file to copy is not in the build context: check its path, relative to the context, and the ignore file.',
  },
];

function classify(reason: string, logTail: readonly string[]): Pick<Kind, 'code' | 'lead'> & { hint?: string } {
  // The reason quotes the failed command. Its text is not the cause, but its output may be.
  const isCommand = /did not complete successfully|executor failed running|returned a non-zero code/.test(reason);
  const output = logTail.join('\n');
  const kind = KINDS.find(
    ({ pattern, inOutput = false }) =>
      (!isCommand && pattern.test(reason)) || (inOutput && pattern.test(`${reason}\n${output}`)),
  );
  if (kind !== undefined) return kind;
  return { code: 'BUILD_FAILED', ...(logTail.length === 0 ? {} : { hint: 'Read the last lines of the step.' }) };
}
