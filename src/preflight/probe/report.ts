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
  /**
   * `healthy` when no finding is an error, `unhealthy` when the registry itself fails, `unusable` when it responds, but not to this
   * login or project, or is no registry; `unreachable` when no request succeeded.
   */
  readonly status: 'healthy' | 'unhealthy' | 'unusable' | 'unreachable';
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
  const [finding] = findingsByWeight(report);
  if (finding?.level !== 'error') return undefined;
  const code = DECISIVE.find((each) => each === finding.code) ?? 'REGISTRY_ERROR';
  return new ObjDockerError(code, finding.message, { hint: finding.hint, details: { host: report.host } });
}

/** The findings of a report: the error that decides, the other errors, the warnings, the rest. */
export function findingsByWeight({ findings }: Pick<ProbeReport, 'findings'>): readonly ProbeFinding[] {
  const order: readonly string[] = DECISIVE;
  const weight = ({ level, code }: ProbeFinding): number => {
    if (level !== 'error') return level === 'warning' ? 2_000 : 3_000;
    const at = order.indexOf(code);
    return at < 0 ? 1_000 : at;
  };
  return findings.toSorted((a, b) => weight(a) - weight(b));
}
