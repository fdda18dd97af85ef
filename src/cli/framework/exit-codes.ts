import type { ErrorCode, ObjDockerError } from '../../errors.ts';

/** The exit codes of the process. */
export const ExitCode = {
  done: 0,
  /** A negative result: rejected, drift, unhealthy, refused, some of several failed. */
  no: 1,
  /** Bad input: usage or config. */
  input: 2,
  /** Something outside failed: engine, registry, build, scan. */
  outside: 3,
  /** Credentials or permission. */
  credentials: 4,
  /** A bug of ours. */
  bug: 70,
  /** `exec`: the command was ended by `--timeout`, as with GNU timeout. */
  timedOut: 124,
  /** `exec`: ObjDocker failed, not the command. This and the next two are docker's codes. */
  notRun: 125,
  /** `exec`: the command cannot be run. */
  notExecutable: 126,
  /** `exec`: there is no such command. */
  notFound: 127,
  /** The terminal was closed. */
  hungUp: 129,
  interrupted: 130,
  /** `exec`: the reader of its output is gone, as a shell reports for the docker client. */
  noReader: 141,
  terminated: 143,
} as const;

/** The exit code of the process: one of ours, or that of a command in a container. */
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode] | PassedOnCode;

declare const passedOn: unique symbol;

/** The exit code of a command in a container, from 0 to 255. */
export type PassedOnCode = number & { readonly [passedOn]: true };

/** Passes the exit code of a command in a container on. */
export function passOn(code: number): PassedOnCode {
  if (!isExitStatus(code)) throw new Error(`${code} is not the exit code of a process`);
  return code;
}

function isExitStatus(code: number): code is PassedOnCode {
  return Number.isInteger(code) && code >= 0 && code <= 255;
}

const { no, input, outside, credentials, bug, interrupted } = ExitCode;

/** The exit code of each error code; the compiler requires one for each. */
export const EXIT_CODES: Readonly<Record<ErrorCode, ExitCode>> = {
  USAGE: input,
  CONFIG_NOT_FOUND: input,
  CONFIG_INVALID: input,
  PACKAGE_UNKNOWN: input,
  PACKAGE_AMBIGUOUS: input,
  VARIABLE_UNSET: input,
  SECRET_FILE_UNREADABLE: input,
  REFERENCE_INVALID: input,
  PLATFORM_INVALID: input,
  DOCKERFILE_NOT_FOUND: input,
  DOCKERFILE_INVALID: input,
  CONTEXT_INVALID: input,
  SERVICE_UNKNOWN: input,
  SECRET_IN_CONTEXT: input,
  SECRET_IN_BUILD_ARG: input,
  COMMAND_NOT_FOUND: outside,
  ENGINE_CONTEXT_INVALID: input,
  ENGINE_UNREACHABLE: outside,
  ENGINE_PERMISSION: credentials,
  ENGINE_TLS: outside,
  ENGINE_TOO_OLD: outside,
  ENGINE_ERROR: outside,
  ENGINE_DISK_FULL: outside,
  INSTANCE_NAME_INVALID: input,
  INSTANCE_NOT_FOUND: no,
  INSTANCE_AMBIGUOUS: input,
  INSTANCE_NOT_RUNNING: no,
  INSTANCE_RUNNING: no,
  INSTANCE_PAUSED: no,
  INSTANCE_STOPPED: outside,
  INSTANCE_START_FAILED: no,
  INSTANCE_LOGS_UNAVAILABLE: no,
  EXEC_INVALID: input,
  EXEC_NOT_FOUND: no,
  EXEC_NOT_EXECUTABLE: no,
  BUILDER_INCAPABLE: outside,
  BASE_UNREACHABLE: outside,
  BUILD_FAILED: outside,
  IMAGE_NOT_BUILT: outside,
  PUSH_FAILED: outside,
  REGISTRY_UNREACHABLE: outside,
  REGISTRY_WRONG_SCHEME: outside,
  REGISTRY_CERTIFICATE: outside,
  REGISTRY_NOT_HARBOR: outside,
  REGISTRY_TOO_OLD: outside,
  REGISTRY_NOT_A_REGISTRY: outside,
  REGISTRY_UNHEALTHY: no,
  REGISTRY_UNAUTHORIZED: credentials,
  REGISTRY_FORBIDDEN: credentials,
  REGISTRY_PROJECT_MISSING: outside,
  REGISTRY_QUOTA: outside,
  REGISTRY_READ_ONLY: outside,
  REGISTRY_ERROR: outside,
  REPOSITORY_NOT_FOUND: no,
  ARTIFACT_NOT_FOUND: no,
  ARTIFACT_AMBIGUOUS: input,
  ARTIFACT_IN_INDEX: no,
  TAG_NOT_FOUND: no,
  TAG_IMMUTABLE: no,
  TAG_EXISTS: no,
  PULL_PREVENTED: no,
  SCANNER_MISSING: outside,
  SCANNER_DOWN: outside,
  SCAN_FAILED: outside,
  SCAN_UNSUPPORTED: outside,
  SBOM_NOT_FOUND: no,
  SBOM_FAILED: outside,
  GC_NOT_FOUND: no,
  RECORD_NOT_FOUND: no,
  RECORD_INVALID: outside,
  RECORD_REFUSED: outside,
  RELEASE_NEWER: no,
  RELEASE_TAG_MOVED: no,
  RELEASE_HELD: no,
  RELEASE_NOT_HELD: no,
  RELEASE_WITHDRAWN: no,
  RELEASE_WORSE: no,
  RELEASE_REJECTED: no,
  RELEASE_OVERTAKEN: no,
  RELEASE_NOT_FOUND: no,
  CREDENTIAL_HELPER_FAILED: credentials,
  OUTPUT_FAILED: outside,
  FILE_EXISTS: no,
  REGISTRIES_INVALID: input,
  REGISTRIES_CONFLICT: input,
  TIMEOUT: outside,
  CANCELLED: interrupted,
  INTERNAL: bug,
};

/** The exit code of a failed `exec`, which differs from those of the command that it runs. */
export function execFailureCode({ code }: Pick<ObjDockerError, 'code'>): ExitCode {
  switch (code) {
    case 'EXEC_NOT_FOUND':
      return ExitCode.notFound;
    case 'EXEC_NOT_EXECUTABLE':
      return ExitCode.notExecutable;
    case 'TIMEOUT':
      return ExitCode.timedOut;
    case 'CANCELLED':
    case 'INTERNAL':
      return EXIT_CODES[code];
    default:
      return ExitCode.notRun;
  }
}
