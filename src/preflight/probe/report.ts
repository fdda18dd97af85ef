import { type ErrorCode, ObjDockerError } from '../../errors.ts';

/** A finding of a probe. With the level `error` the registry cannot be used. */
export interface ProbeFinding {
  readonly level: 'ok' | 'warning' | 'error';
  readonly code: ProbeCode;
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
}

export type ProbeCode =
  | ErrorCode
  | 'RESPONDS'
  | 'HEALTHY'
  | 'LOGIN'
  | 'PROJECT'
  | 'PUSH_ALLOWED'
  | 'CATALOG'
  | 'CATALOG_UNAVAILABLE'
  | 'CREDENTIALS'
  | 'ANONYMOUS'
  | 'PERMISSION_UNKNOWN'
  | 'READ_ONLY'
  | 'TOKEN_REALM_ELSEWHERE'
  | 'CERTIFICATE_NOT_CHECKED';

/** A part of Harbor, as its health API names it: `core`, `database`, `jobservice`, `trivy`. */
export interface HarborComponent {
  readonly name: string;
  readonly status: string;
  readonly error?: string;
}

export interface ProbeReport {
  readonly host: string;
  readonly url: string;
  /** The type in the config. */
  readonly type: 'harbor' | 'plain';
  /** The version of Harbor, when it is known. */
  readonly version?: string;
  /** `healthy` when no finding is an error, `unhealthy` when one is, `unreachable` when no request succeeded. */
  readonly status: 'healthy' | 'unhealthy' | 'unreachable';
  readonly components?: readonly HarborComponent[];
  /** The user that the registry accepted. */
  readonly user?: string;
  readonly findings: readonly ProbeFinding[];
  readonly durationMs: number;
}

// The first of these that was found decides: an earlier problem explains a later one.
const DECISIVE: readonly ErrorCode[] = [
  'REGISTRY_UNREACHABLE',
  'REGISTRY_WRONG_SCHEME',
  'REGISTRY_CERTIFICATE',
  'REGISTRY_NOT_A_REGISTRY',
  'REGISTRY_NOT_HARBOR',
  'REGISTRY_UNHEALTHY',
  'REGISTRY_UNAUTHORIZED',
  'REGISTRY_PROJECT_MISSING',
  'REGISTRY_FORBIDDEN',
  'REGISTRY_QUOTA',
];

/** The most important error of a report, which decides the exit code; undefined for a healthy registry. */
export function probeError(report: ProbeReport): ObjDockerError | undefined {
  const errors = report.findings.filter(({ level }) => level === 'error');
  for (const code of DECISIVE) {
    const finding = errors.find((error) => error.code === code);
    if (finding !== undefined) return createError(code, finding, report);
  }
  return errors[0] && createError('REGISTRY_ERROR', errors[0], report);
}

function createError(code: ErrorCode, { message, hint }: ProbeFinding, { host }: ProbeReport): ObjDockerError {
  return new ObjDockerError(code, message, { hint, details: { host } });
}
