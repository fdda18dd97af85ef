# The six services of Meridian: one Dockerfile, one target per service. Variants are set with --build-arg.
#
#   builder ─┬─ packages ─┬─ venv-web ───────┐
#            │            └─ venv-analytics ─┤
#            └─ compiler ─┬─ compile-core ───┤
#                         │        runtime ─┬┴─ runtime-web ─────── meridian-api, meridian-gateway, meridian-exporter
#                         │                 └── runtime-analytics ─ meridian-report, meridian-scheduler, meridian-worker
#                         └─ compile-api, compile-gateway, ... one for each service ────┘
#
# No stage of a service reads the source of another one: a change to one service makes one new image.
# Needs BuildKit of Docker 20.10 or newer. There is no "# syntax=" line, because Docker would pull that image from Docker Hub.

ARG BASE_IMAGE=python:3.11-bookworm
ARG BASE_RUNTIME_IMAGE=python:3.11-slim-bookworm


# The toolchain: a C compiler, Cython, and tools for wheels. When the base image lacks them, the compiler comes from Debian and the
# rest from the index.
FROM ${BASE_IMAGE} AS builder
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
# pip reads PIP_INDEX_URL itself. It must not contain a password, because `docker history` shows it.
# Steps that use the index therefore mount a pip.conf as the secret "pip".
ARG PIP_INDEX_URL
COPY resource.docker/compile/toolchain.txt /toolchain.txt
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    python3 -m venv --system-site-packages /opt/toolchain \
 && if ! /opt/toolchain/bin/python -c 'import Cython, setuptools, wheel' 2>/dev/null; then \
      /opt/toolchain/bin/python -m pip install --requirement /toolchain.txt \
      || { echo "The base image has no Cython, setuptools and wheel, and the index did not provide them: see above." >&2; exit 1; }; \
    fi


# Wheels of the local requirement packages. The constraints pin each name to its file, so pip does not look for them in an index,
# and a published package of the same name cannot replace them.
FROM builder AS packages
COPY packages /packages
RUN /opt/toolchain/bin/python -m pip wheel --no-index --no-deps --no-build-isolation --wheel-dir /wheels /packages/*/ \
 && cd /wheels \
 && for wheel in *.whl; do echo "${wheel%%-*} @ file:///wheels/$wheel"; done >constraints.txt


# One venv per tier. It depends only on the requirement file, so a change to a service does not rebuild it. The venv has no pip: the
# toolchain's pip installs into it. Hash-based bytecode does not depend on file times.
FROM builder AS venv-web
COPY requirements/web.txt /requirements.txt
RUN --mount=type=bind,from=packages,source=/wheels,target=/wheels \
    --mount=type=secret,id=pip,target=/etc/pip.conf \
    python3 -m venv --without-pip /opt/venv \
 && /opt/toolchain/bin/python -m pip --python /opt/venv/bin/python install --no-compile \
      --constraint /wheels/constraints.txt --requirement /requirements.txt \
 && /opt/venv/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/venv/lib

FROM builder AS venv-analytics
COPY requirements/analytics.txt /requirements.txt
RUN --mount=type=bind,from=packages,source=/wheels,target=/wheels \
    --mount=type=secret,id=pip,target=/etc/pip.conf \
    python3 -m venv --without-pip /opt/venv \
 && /opt/toolchain/bin/python -m pip --python /opt/venv/bin/python install --no-compile \
      --constraint /wheels/constraints.txt --requirement /requirements.txt \
 && /opt/venv/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/venv/lib


# Cython compiles the core and each service in a stage of its own, from /src to /out. BuildKit runs them side by side, and only those
# whose source has changed. Inside a stage, the cache provides the modules that have not changed: see cache.py. Only excluded modules
# stay source. plan.py documents the arguments.
FROM builder AS compiler
COPY resource.docker/compile/compile.py resource.docker/compile/plan.py resource.docker/compile/cython_build.py \
     resource.docker/compile/cache.py /compile/
ARG COMPILE_INCLUDE
ARG COMPILE_EXCLUDE
ARG COMPILE_JOBS
ARG COMPILE_DIRECTIVES
# Every image contains the core. The services are compiled with it in place, because they may cimport from it.
COPY src/meridian/__init__.py /src/meridian/
COPY src/meridian/core /src/meridian/core

FROM compiler AS compile-core
RUN --mount=type=cache,id=meridian-compile,target=/cache \
    /opt/toolchain/bin/python /compile/compile.py --cache /cache /src /out meridian/__init__.py meridian/core

FROM compiler AS compile-api
COPY src/meridian/api /src/meridian/api
RUN --mount=type=cache,id=meridian-compile,target=/cache \
    /opt/toolchain/bin/python /compile/compile.py --cache /cache /src /out meridian/api

FROM compiler AS compile-gateway
COPY src/meridian/gateway /src/meridian/gateway
RUN --mount=type=cache,id=meridian-compile,target=/cache \
    /opt/toolchain/bin/python /compile/compile.py --cache /cache /src /out meridian/gateway

FROM compiler AS compile-exporter
COPY src/meridian/exporter /src/meridian/exporter
RUN --mount=type=cache,id=meridian-compile,target=/cache \
    /opt/toolchain/bin/python /compile/compile.py --cache /cache /src /out meridian/exporter

FROM compiler AS compile-report
COPY src/meridian/report /src/meridian/report
RUN --mount=type=cache,id=meridian-compile,target=/cache \
    /opt/toolchain/bin/python /compile/compile.py --cache /cache /src /out meridian/report

FROM compiler AS compile-scheduler
COPY src/meridian/scheduler /src/meridian/scheduler
RUN --mount=type=cache,id=meridian-compile,target=/cache \
    /opt/toolchain/bin/python /compile/compile.py --cache /cache /src /out meridian/scheduler

FROM compiler AS compile-worker
COPY src/meridian/worker /src/meridian/worker
RUN --mount=type=cache,id=meridian-compile,target=/cache \
    /opt/toolchain/bin/python /compile/compile.py --cache /cache /src /out meridian/worker


# The import check. Images do not contain it, and all users may read it.
FROM scratch AS checks
COPY --chmod=644 resource.docker/compile/check_imports.py /


# The common runtime of all services: a slim Python, an unprivileged user, a health check.
FROM ${BASE_RUNTIME_IMAGE} AS runtime
RUN groupadd --gid 10001 meridian \
 && useradd --uid 10001 --gid 10001 --no-log-init --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin meridian
ENV PATH=/opt/venv/bin:$PATH PYTHONPATH=/app PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PORT=8080
WORKDIR /app
EXPOSE 8080
HEALTHCHECK --interval=3s --timeout=3s --start-period=5s --retries=3 CMD ["python", "-m", "axion_http.healthcheck"]
ARG BASE_RUNTIME_IMAGE
LABEL org.opencontainers.image.vendor="Axion" \
      org.opencontainers.image.base.name="${BASE_RUNTIME_IMAGE}"
USER 10001:10001

FROM runtime AS runtime-web
COPY --from=venv-web /opt/venv /opt/venv
COPY --from=compile-core /out/meridian meridian

FROM runtime AS runtime-analytics
COPY --from=venv-analytics /opt/venv /opt/venv
COPY --from=compile-core /out/meridian meridian


# The services. Each stage imports all its modules once, with its own user and venv. A module that was compiled for another Python,
# or needs a package of the other tier, fails here. The arguments of the labels come last, to keep the cache valid.
FROM runtime-web AS meridian-api
COPY --from=compile-api /out/meridian/api meridian/api
RUN --mount=type=bind,from=checks,target=/mnt python /mnt/check_imports.py /app
CMD ["python", "-m", "meridian.api"]
ARG PACKAGE=homechoice
ARG VERSION=latest
ARG REVISION=unknown
LABEL org.opencontainers.image.title="meridian-api-${PACKAGE}" \
      org.opencontainers.image.description="Loan quotes and amortisation schedules." \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

FROM runtime-web AS meridian-gateway
COPY --from=compile-gateway /out/meridian/gateway meridian/gateway
RUN --mount=type=bind,from=checks,target=/mnt python /mnt/check_imports.py /app
CMD ["python", "-m", "meridian.gateway"]
ARG PACKAGE=homechoice
ARG VERSION=latest
ARG REVISION=unknown
LABEL org.opencontainers.image.title="meridian-gateway-${PACKAGE}" \
      org.opencontainers.image.description="One address in front of the other services." \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

FROM runtime-web AS meridian-exporter
COPY --from=compile-exporter /out/meridian/exporter meridian/exporter
RUN --mount=type=bind,from=checks,target=/mnt python /mnt/check_imports.py /app
CMD ["python", "-m", "meridian.exporter"]
ARG PACKAGE=homechoice
ARG VERSION=latest
ARG REVISION=unknown
LABEL org.opencontainers.image.title="meridian-exporter-${PACKAGE}" \
      org.opencontainers.image.description="Metrics and exports of the loan book." \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

FROM runtime-analytics AS meridian-report
COPY --from=compile-report /out/meridian/report meridian/report
RUN --mount=type=bind,from=checks,target=/mnt python /mnt/check_imports.py /app
CMD ["python", "-m", "meridian.report"]
ARG PACKAGE=homechoice
ARG VERSION=latest
ARG REVISION=unknown
LABEL org.opencontainers.image.title="meridian-report-${PACKAGE}" \
      org.opencontainers.image.description="The portfolio report." \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

FROM runtime-analytics AS meridian-scheduler
COPY --from=compile-scheduler /out/meridian/scheduler meridian/scheduler
RUN --mount=type=bind,from=checks,target=/mnt python /mnt/check_imports.py /app
CMD ["python", "-m", "meridian.scheduler"]
ARG PACKAGE=homechoice
ARG VERSION=latest
ARG REVISION=unknown
LABEL org.opencontainers.image.title="meridian-scheduler-${PACKAGE}" \
      org.opencontainers.image.description="The calendar of payments that fall due." \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

FROM runtime-analytics AS meridian-worker
COPY --from=compile-worker /out/meridian/worker meridian/worker
RUN --mount=type=bind,from=checks,target=/mnt python /mnt/check_imports.py /app
CMD ["python", "-m", "meridian.worker"]
ARG PACKAGE=homechoice
ARG VERSION=latest
ARG REVISION=unknown
LABEL org.opencontainers.image.title="meridian-worker-${PACKAGE}" \
      org.opencontainers.image.description="Revaluation of the loan book, as jobs." \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
