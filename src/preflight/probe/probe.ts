import { ObjDockerError } from '../../errors.ts';
import { problemOfHost } from '../../image-ref.ts';
import { HttpFailure } from '../../lib/http/failure.ts';
import { maskUserinfo } from '../../lib/text/url-credentials.ts';
import { explainHttpFailure } from '../../registry/failure.ts';
import { createProbe, ProbeEnded, type ProbeOptions, type ProbeTarget } from './context.ts';
import { probeHarbor } from './harbor.ts';
import { probePlain } from './plain.ts';
import type { ProbeReport } from './report.ts';

// These findings end a probe although the server responded.
const REACHABLE: ReadonlySet<string> = new Set(['REGISTRY_NOT_HARBOR', 'REGISTRY_NOT_A_REGISTRY', 'REGISTRY_ERROR']);

// Other errors are about the login, the project or the config.
const ILL: ReadonlySet<string> = new Set(['REGISTRY_UNHEALTHY', 'REGISTRY_ERROR']);

/**
 * Checks that a registry is reachable, healthy, and that the login may push. Problems are findings of the report;
 * {@link probeError} turns them into the error that decides the exit code.
 *
 * @throws {ObjDockerError} CANCELLED only.
 */
export async function probeRegistry(target: ProbeTarget, options: ProbeOptions): Promise<ProbeReport> {
  const started = performance.now();
  const probe = createProbe(target, options);
  let status: ProbeReport['status'] | undefined;
  try {
    await (target.type === 'harbor' ? probeHarbor(probe) : probePlain(probe));
  } catch (error) {
    if (error instanceof ProbeEnded) {
      probe.findings.push(error.finding);
      if (!REACHABLE.has(error.finding.code)) status = 'unreachable';
    } else if (error instanceof HttpFailure) {
      // The server responded to the first request only.
      probe.findings.push({ level: 'error', ...explainHttpFailure(error, target.host) });
    } else throw error;
  }
  if (target.insecureSkipVerify === true && probe.base.protocol === 'https:') {
    probe.findings.push({
      level: 'warning',
      code: 'CERTIFICATE_NOT_CHECKED',
      message: `the certificate of ${target.host} is not checked (insecureSkipVerify)`,
      hint: 'Set deployment.registry.ca to its CA instead. Without the check, the password can be intercepted.',
    });
  }
  const errors = probe.findings.filter(({ level }) => level === 'error');
  const isIll = errors.some(({ code }) => ILL.has(code));
  return {
    host: target.host,
    url: target.url,
    type: target.type,
    ...(probe.version === undefined ? {} : { version: probe.version }),
    status: status ?? (isIll ? 'unhealthy' : errors.length > 0 ? 'unusable' : 'healthy'),
    ...(probe.components === undefined ? {} : { components: probe.components }),
    ...(probe.user === undefined ? {} : { user: probe.user }),
    findings: probe.findings,
    durationMs: performance.now() - started,
  };
}

/** Checks the `host[:port]` of a registry that a user typed. @throws {ObjDockerError} USAGE */
export function checkProbeHost(host: string): string {
  const problem = problemOfHost(host);
  if (problem === undefined) return host;
  // The host may contain `user:password@`, which must not be shown.
  const shown = maskUserinfo(host).slice(0, 200);
  throw new ObjDockerError('USAGE', `"${shown}" is not a registry host: ${problem}`, {
    hint: 'Give host or host:port, without scheme and path: registry.example.com:5000',
  });
}
