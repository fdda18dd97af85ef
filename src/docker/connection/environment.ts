import type { EnvironmentVariables } from '../../lib/process/exec.ts';
import type { EngineEndpoint } from './endpoint.ts';

/**
 * The environment variables that make the docker CLI and its plugins use this endpoint.
 *
 * A named context stays a context: buildx has a builder per context, and finds its TLS files by its name.
 */
export function engineEnvironment(endpoint: EngineEndpoint, env: EnvironmentVariables): EnvironmentVariables {
  if (endpoint.contextName !== undefined && endpoint.contextName !== 'default') {
    // DOCKER_HOST takes precedence over DOCKER_CONTEXT.
    return { ...env, DOCKER_CONTEXT: endpoint.contextName, DOCKER_HOST: undefined };
  }
  return {
    ...env,
    DOCKER_CONTEXT: undefined,
    DOCKER_HOST: endpoint.source === 'the default socket' ? undefined : endpoint.url,
    ...tlsVariables(endpoint),
  };
}

function tlsVariables({ tls }: EngineEndpoint): EnvironmentVariables {
  if (tls === undefined) return { DOCKER_TLS_VERIFY: undefined, DOCKER_TLS: undefined };
  return {
    DOCKER_TLS_VERIFY: tls.verify ? '1' : undefined,
    DOCKER_TLS: '1',
    DOCKER_CERT_PATH: tls.directory,
  };
}
