import type { ErrorCode } from '../errors.ts';

/** What the process's exit code says. */
export const ExitCode = {
  done: 0,
  /** The answer is no: rejected, drift, unhealthy, refused, some of several failed. */
  no: 1,
  /** Bad input: usage or config. */
  input: 2,
  /** Something outside failed: engine, registry, build, scan. */
  outside: 3,
  /** Credentials or permission. */
  credentials: 4,
  /** A bug of ours. */
  bug: 70,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

const { no, input, outside, credentials, bug, interrupted } = ExitCode;

/** The exit code of each error; the compiler asks for a line here when a code is added. */
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
  BUILD_FAILED: outside,
  IMAGE_NOT_BUILT: outside,
  PUSH_FAILED: outside,
  REGISTRY_UNREACHABLE: outside,
  REGISTRY_WRONG_SCHEME: outside,
  REGISTRY_CERTIFICATE: outside,
  REGISTRY_NOT_HARBOR: outside,
  REGISTRY_NOT_A_REGISTRY: outside,
  REGISTRY_UNHEALTHY: no,
  REGISTRY_UNAUTHORIZED: credentials,
  REGISTRY_FORBIDDEN: credentials,
  REGISTRY_PROJECT_MISSING: outside,
  REGISTRY_QUOTA: outside,
  REGISTRY_ERROR: outside,
  CREDENTIAL_HELPER_FAILED: credentials,
  OUTPUT_FAILED: outside,
  TIMEOUT: outside,
  CANCELLED: interrupted,
  INTERNAL: bug,
};
