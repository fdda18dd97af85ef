/**
 * What failed, as a literal that a program can switch on. The first word names the subject.
 * The CLI derives its exit code from it (`src/cli/framework/exit-codes.ts`).
 */
export type ErrorCode =
  | 'USAGE'
  | 'CONFIG_NOT_FOUND'
  | 'CONFIG_INVALID'
  | 'PACKAGE_UNKNOWN'
  | 'PACKAGE_AMBIGUOUS'
  | 'VARIABLE_UNSET'
  | 'SECRET_FILE_UNREADABLE'
  | 'REFERENCE_INVALID'
  | 'PLATFORM_INVALID'
  | 'DOCKERFILE_NOT_FOUND'
  | 'DOCKERFILE_INVALID'
  | 'CONTEXT_INVALID'
  | 'SERVICE_UNKNOWN'
  | 'SECRET_IN_CONTEXT'
  | 'SECRET_IN_BUILD_ARG'
  | 'COMMAND_NOT_FOUND'
  | 'ENGINE_CONTEXT_INVALID'
  | 'ENGINE_UNREACHABLE'
  | 'ENGINE_PERMISSION'
  | 'ENGINE_TLS'
  | 'ENGINE_TOO_OLD'
  | 'ENGINE_ERROR'
  | 'ENGINE_DISK_FULL'
  | 'INSTANCE_NAME_INVALID'
  | 'INSTANCE_NOT_FOUND'
  | 'INSTANCE_AMBIGUOUS'
  | 'INSTANCE_NOT_RUNNING'
  | 'INSTANCE_RUNNING'
  | 'INSTANCE_PAUSED'
  | 'INSTANCE_STOPPED'
  | 'INSTANCE_START_FAILED'
  | 'INSTANCE_LOGS_UNAVAILABLE'
  | 'EXEC_INVALID'
  | 'EXEC_NOT_FOUND'
  | 'EXEC_NOT_EXECUTABLE'
  | 'BUILDER_INCAPABLE'
  | 'BASE_UNREACHABLE'
  | 'BUILD_FAILED'
  | 'IMAGE_NOT_BUILT'
  | 'PUSH_FAILED'
  | 'REGISTRY_UNREACHABLE'
  | 'REGISTRY_WRONG_SCHEME'
  | 'REGISTRY_CERTIFICATE'
  | 'REGISTRY_NOT_HARBOR'
  | 'REGISTRY_TOO_OLD'
  | 'REGISTRY_NOT_A_REGISTRY'
  | 'REGISTRY_UNHEALTHY'
  | 'REGISTRY_UNAUTHORIZED'
  | 'REGISTRY_FORBIDDEN'
  | 'REGISTRY_PROJECT_MISSING'
  | 'REGISTRY_QUOTA'
  | 'REGISTRY_READ_ONLY'
  | 'REGISTRY_ERROR'
  | 'REPOSITORY_NOT_FOUND'
  | 'ARTIFACT_NOT_FOUND'
  | 'ARTIFACT_AMBIGUOUS'
  | 'ARTIFACT_IN_INDEX'
  | 'TAG_NOT_FOUND'
  | 'TAG_IMMUTABLE'
  | 'TAG_EXISTS'
  | 'PULL_PREVENTED'
  | 'SCANNER_MISSING'
  | 'SCANNER_DOWN'
  | 'SCAN_FAILED'
  | 'SCAN_UNSUPPORTED'
  | 'SBOM_NOT_FOUND'
  | 'SBOM_FAILED'
  | 'GC_NOT_FOUND'
  | 'RECORD_NOT_FOUND'
  | 'RECORD_INVALID'
  | 'RECORD_REFUSED'
  | 'RELEASE_NEWER'
  | 'RELEASE_TAG_MOVED'
  | 'RELEASE_HELD'
  | 'RELEASE_NOT_HELD'
  | 'RELEASE_WITHDRAWN'
  | 'RELEASE_WORSE'
  | 'RELEASE_REJECTED'
  | 'RELEASE_OVERTAKEN'
  | 'RELEASE_NOT_FOUND'
  | 'CREDENTIAL_HELPER_FAILED'
  | 'OUTPUT_FAILED'
  | 'FILE_EXISTS'
  | 'REGISTRIES_INVALID'
  | 'REGISTRIES_CONFLICT'
  | 'TIMEOUT'
  | 'CANCELLED'
  | 'INTERNAL';

export interface ObjDockerErrorOptions {
  /** What the user can do: one or two sentences. */
  readonly hint?: string | undefined;
  /** Facts for programs (positions, exit codes, digests). Never a secret: `toJSON` returns them unchanged. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  readonly cause?: unknown;
}

/** The JSON shape of an error, as `--json` prints it under `error`. */
export interface ErrorJson {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
  readonly [detail: string]: unknown;
}

// In the global symbol registry, so that two copies of this package in one process recognize each other's errors.
const BRAND = Symbol.for('objdocker.error');

/**
 * The error class of this library. `message` says what failed on what, `hint` what to do.
 *
 * @example
 * ```ts
 * try {
 *   await docker.connect();
 * } catch (error) {
 *   if (isObjDockerError(error) && error.code === 'ENGINE_UNREACHABLE') console.error(error.hint);
 * }
 * ```
 */
export class ObjDockerError extends Error {
  override readonly name = 'ObjDockerError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: ObjDockerErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.details = options.details ?? {};
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** The error as data, without stack and cause: a cause may quote the output of another program. */
  toJSON(): ErrorJson {
    return {
      ...this.details,
      code: this.code,
      message: this.message,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
    };
  }
}

/** Whether a value is an {@link ObjDockerError}, also one that another installed copy of this package threw. */
export function isObjDockerError(value: unknown): value is ObjDockerError {
  return value instanceof Error && BRAND in value;
}

/** Whether a value is an error of this library with one of these codes. */
export function hasErrorCode(error: unknown, ...codes: readonly ErrorCode[]): error is ObjDockerError {
  return isObjDockerError(error) && codes.includes(error.code);
}
