import { posix } from 'node:path';
import type { EntryPoint } from './code/entry-points.ts';
import type { CodeCopy } from './code/shared-code.ts';
import { CHECK_IMPORTS, COMPILER_FILES } from './compile-step.ts';
import { HEALTH_CHECK } from './health-check.ts';
import type { Tier, TierService } from './requirement-tiers.ts';
import { PYPROJECT } from './requirements.ts';

export interface DockerfileInput {
  readonly package: string;
  readonly baseImage: string;
  readonly baseRuntimeImage: string;
  /** The Python source folder. `.` when the packages are in the project folder. */
  readonly source: string;
  /** The code that is not a service's own. */
  readonly sharedCode: readonly CodeCopy[];
  readonly tiers: readonly Tier[];
  /** Whether `packages/` contains local requirement packages. */
  readonly hasPackages: boolean;
  readonly hasCompileStep: boolean;
  readonly port: number;
  readonly healthPath: string | undefined;
}

/** Returns the text of a Dockerfile with one target per service. It needs BuildKit of Docker 20.10 or newer. */
export function dockerfileText(input: DockerfileInput): string {
  const blocks = [
    heading(input),
    input.hasCompileStep ? builder() : plainBuilder(input.hasPackages),
    ...(input.hasPackages ? [packages()] : []),
    environments(input),
    code(input),
    CHECKS,
    runtime(input),
    services(input),
  ];
  return `${blocks.join('\n\n\n')}\n`;
}

function heading({
  package: name,
  baseImage,
  baseRuntimeImage,
  tiers,
  hasPackages,
  hasCompileStep,
}: DockerfileInput): string {
  const lines = tiers.map(
    (tier) =>
      `#   venv-${tier.name} and runtime-${tier.name}: ${tier.services.map((service) => service.name).join(', ')}`,
  );
  return `# The services of ${name}: one Dockerfile, one target per service. Variants are set with --build-arg.
#
# builder has ${hasCompileStep ? 'the toolchain' : 'pip'},${hasPackages ? ' packages builds wheels of the local requirement packages,' : ''} the compile stages ${hasCompileStep ? 'run Cython' : 'have the code'},
# and runtime is the base of every service. A tier is a group of services with the same requirements. Each tier has its own virtual
# environment:
${lines.join('\n')}
#
# To add a service, add stages like the last ones of each kind, FROM the runtime of its tier. No stage of a service reads the code of
# another one, so a change to one service makes one new image.
# There is no "# syntax=" line, because Docker would pull that image from Docker Hub.

ARG BASE_IMAGE=${baseImage}
ARG BASE_RUNTIME_IMAGE=${baseRuntimeImage}`;
}

function builder(): string {
  return String.raw`# The toolchain: a C compiler, Cython, and tools for wheels. When the base image lacks them, the compiler comes from Debian and the
# rest from the index.
FROM ${'${BASE_IMAGE}'} AS builder
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore PYTHONDONTWRITEBYTECODE=1
RUN header="$(python3 -c 'import sysconfig; print(sysconfig.get_path("include"))')/Python.h" \
 && if ! command -v gcc >/dev/null || ! test -e "$header"; then \
      packages="gcc libc6-dev"; \
      # Docker's python images contain the headers; Debian's python has them in a package.
      test -e "$header" || packages="$packages python3-dev"; \
      apt-get update \
      && apt-get install --yes --no-install-recommends $packages \
      && rm -rf /var/lib/apt/lists/*; \
    fi
# pip reads PIP_INDEX_URL itself. It must not contain a password, because "docker history" shows it.
# Steps that use the index therefore mount a pip.conf as the secret "pip" (image.secrets in config.yaml).
ARG PIP_INDEX_URL
COPY resource.docker/compile/toolchain.txt /toolchain.txt
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    python3 -m venv --system-site-packages /opt/toolchain \
 && if ! /opt/toolchain/bin/python -c 'import Cython, setuptools, wheel' 2>/dev/null; then \
      /opt/toolchain/bin/python -m pip install --requirement /toolchain.txt \
      || { echo "The base image has no Cython, setuptools and wheel, and the index did not provide them: see above." >&2; exit 1; }; \
    fi`;
}

function plainBuilder(hasPackages: boolean): string {
  const install = hasPackages
    ? ` \\
 && if ! /opt/toolchain/bin/python -c 'import setuptools, wheel' 2>/dev/null; then \\
      /opt/toolchain/bin/python -m pip install setuptools wheel; \\
    fi`
    : '';
  return `# pip. It needs no compiler, unless a requirement has no wheel: the usual python images have one.
FROM \${BASE_IMAGE} AS builder
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore PYTHONDONTWRITEBYTECODE=1
# pip reads PIP_INDEX_URL itself. It must not contain a password, because "docker history" shows it.
# Steps that use the index therefore mount a pip.conf as the secret "pip" (image.secrets in config.yaml).
ARG PIP_INDEX_URL
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \\
    python3 -m venv --system-site-packages /opt/toolchain${install}`;
}

function packages(): string {
  return String.raw`# Wheels of the local requirement packages. The constraints pin each name to its file, so pip does not look for them in an index,
# and a published package of the same name cannot replace them.
FROM builder AS packages
COPY packages /packages
RUN /opt/toolchain/bin/python -m pip wheel --no-index --no-deps --no-build-isolation --wheel-dir /wheels /packages/*/ \
 && cd /wheels \
 && for wheel in *.whl; do echo "${'${wheel%%-*}'} @ file:///wheels/$wheel"; done >constraints.txt`;
}

/** Prints the dependencies in pyproject.toml. pip itself installs them only together with the project. */
const READ_DEPENDENCIES =
  'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"].get("dependencies", []), sep="\\n")';

function environments({ tiers, hasPackages }: DockerfileInput): string {
  const comment = `# One venv per tier. It depends only on the requirement files, so a change to a service does not rebuild it. The venv has no pip: the
# toolchain's pip installs into it. Hash-based bytecode does not depend on file times.
`;
  return comment + tiers.map((tier) => environment(tier, hasPackages)).join('\n\n');
}

function environment({ name, requirements }: Tier, hasPackages: boolean): string {
  const lines = [`FROM builder AS venv-${name}`];
  if (requirements === undefined) {
    return [...lines, 'RUN python3 -m venv --without-pip /opt/venv'].join('\n');
  }
  // pip finds local paths from its working folder.
  lines.push('WORKDIR /project');
  const folders = new Set(requirements.files.map((file) => posix.dirname(file)));
  for (const folder of folders) {
    const files = requirements.files.filter((file) => posix.dirname(file) === folder);
    lines.push(`COPY ${files.join(' ')} ${folder === '.' ? './' : `${folder}/`}`);
  }
  for (const path of requirements.localPaths) lines.push(`COPY ${path} ${path}`);
  const isPyproject = requirements.path === PYPROJECT;
  const install = [`--requirement ${isPyproject ? '/tmp/requirements.txt' : requirements.path}`];
  if (hasPackages) install.unshift('--constraint /wheels/constraints.txt');
  lines.push(
    `RUN ${hasPackages ? '--mount=type=bind,from=packages,source=/wheels,target=/wheels \\\n    ' : ''}--mount=type=secret,id=pip,target=/etc/pip.conf \\`,
    '    python3 -m venv --without-pip /opt/venv \\',
    ...(isPyproject ? [` && python3 -c '${READ_DEPENDENCIES}' >/tmp/requirements.txt \\`] : []),
    ' && /opt/toolchain/bin/python -m pip --python /opt/venv/bin/python install --no-compile \\',
    `      ${install.join(' ')} \\`,
    ' && /opt/venv/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/venv/lib',
  );
  return lines.join('\n');
}

/** Stages that turn the code into what images contain, in /out: one for the shared code, and one for each service's own part. */
function code(input: DockerfileInput): string {
  const { package: name, hasCompileStep, source, sharedCode } = input;
  const services = input.tiers.flatMap((tier) => tier.services);
  const root = hasCompileStep ? '/src' : '/out';
  const copies = sharedCode.map(({ from, to }) => {
    const sources = from.map((path) => posix.join(source, path));
    return `COPY ${sources.join(' ')} ${to === '.' ? root : `${root}/${to}`}`;
  });
  const run = (part: string) =>
    hasCompileStep
      ? `RUN --mount=type=cache,id=${name}-compile,target=/cache \\
    /opt/toolchain/bin/python /compile/compile.py --cache /cache /src /out${part}`
      : 'RUN python3 -m compileall -q --invalidation-mode unchecked-hash /out';
  const hasOwn = services.some(({ own }) => own !== undefined);
  const base = hasCompileStep ? 'compiler' : 'builder';
  const sharedStage = [
    `FROM ${base} AS compile-shared`,
    ...(hasCompileStep ? [] : [SHARED_COMMENT, ...copies]),
    // All of the code is here, unless a service has a part of its own.
    run(hasOwn ? ' .' : ''),
  ];
  const ownStages = services.flatMap(({ name: service, own }) =>
    own === undefined
      ? []
      : [`FROM ${base} AS compile-${service}\nCOPY ${posix.join(source, own)} ${root}/${own}\n${run(` ${own}`)}`],
  );
  return [
    hasCompileStep ? compiler(copies) : '# The code, with bytecode that does not depend on file times.',
    [...(copies.length === 0 ? [] : [sharedStage.join('\n')]), ...ownStages].join('\n\n'),
  ].join(hasCompileStep ? '\n\n' : '\n');
}

const SHARED_COMMENT = '# The code that is not the own part of a service. Every image contains it.';

function compiler(copies: readonly string[]): string {
  const shared = copies.length === 0 ? [] : [SHARED_COMMENT, ...copies];
  return [
    `# Cython compiles the code from /src to /out. BuildKit runs the stages side by side, and only those whose code has changed. Inside a
# stage, the cache provides the modules that have not changed: see cache.py. Only excluded modules stay source. plan.py documents the
# arguments.
FROM builder AS compiler
COPY ${COMPILER_FILES.join(' \\\n     ')} /compile/
ARG COMPILE_INCLUDE
ARG COMPILE_EXCLUDE
ARG COMPILE_JOBS
ARG COMPILE_DIRECTIVES`,
    ...shared,
  ].join('\n');
}

const CHECKS = `# The import check. Images do not contain it, and all users may read it.
FROM scratch AS checks
COPY --chmod=644 ${CHECK_IMPORTS} /`;

function runtime({ tiers, port, healthPath, sharedCode }: DockerfileInput): string {
  const health =
    healthPath === undefined
      ? `# A service is healthy when its port accepts a connection. With HEALTH_PATH=/healthz, that path must respond with status 200.
# A service without a port needs its own HEALTHCHECK in its stage.`
      : '# A service is healthy when HEALTH_PATH responds with status 200.';
  const perTier = tiers.map(
    ({ name }) => `FROM runtime AS runtime-${name}
COPY --from=venv-${name} /opt/venv /opt/venv${sharedCode.length === 0 ? '' : '\nCOPY --from=compile-shared /out ./'}`,
  );
  return `# The common runtime of all services: a slim Python, an unprivileged user, a health check.
FROM \${BASE_RUNTIME_IMAGE} AS runtime
RUN groupadd --gid 10001 service \\
 && useradd --uid 10001 --gid 10001 --no-log-init --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin service
ENV PATH=/opt/venv/bin:$PATH PYTHONPATH=/app PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PORT=${port}${healthPath === undefined ? '' : ` HEALTH_PATH=${healthPath}`}
WORKDIR /app
EXPOSE ${port}
${health}
COPY --chmod=644 ${HEALTH_CHECK} /opt/healthcheck.py
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 CMD ["python", "/opt/healthcheck.py"]
ARG BASE_RUNTIME_IMAGE
LABEL org.opencontainers.image.base.name="\${BASE_RUNTIME_IMAGE}"
USER 10001:10001

${perTier.join('\n\n')}`;
}

function services({ package: name, tiers }: DockerfileInput): string {
  const comment = `# The services. Each stage imports all its modules once, with its own user and venv. A module that was compiled for another Python,
# or needs a package of another tier or code of another service, fails here. The arguments of the labels come last, to keep the
# cache valid.
`;
  return (
    comment +
    tiers.flatMap((tier) => tier.services.map((service) => stage(service, { tier, package: name }))).join('\n\n')
  );
}

function stage(
  { name, own, start, entry }: TierService,
  { tier, package: packageName }: { readonly tier: Tier; readonly package: string },
): string {
  const check = ['/mnt/check_imports.py', ...checkOptions(entry), '/app'].join(' ');
  return `FROM runtime-${tier.name} AS ${name}${own === undefined ? '' : `\nCOPY --from=compile-${name} /out/${own} ${own}`}
RUN --mount=type=bind,from=checks,target=/mnt python ${check}
CMD [${start.command.map((word) => JSON.stringify(word)).join(', ')}]
ARG PACKAGE=${packageName}
ARG VERSION=latest
ARG REVISION=unknown
LABEL org.opencontainers.image.title="${name}-\${PACKAGE}" \\
      org.opencontainers.image.version="\${VERSION}" \\
      org.opencontainers.image.revision="\${REVISION}"`;
}

/** A module that starts when it is imported is only resolved. The models of Django import only after its application. */
function checkOptions({ kind, file, module, application }: EntryPoint): string[] {
  if (kind === 'module') return ['--main', file];
  return application?.framework === 'Django' ? ['--first', module] : [];
}
