import { type ErrorCode, ObjDockerError } from '../../errors.ts';

/** Classifies the error text of a push. The texts come from the engine, the registry and Harbor. */
interface Rule {
  readonly code: ErrorCode;
  readonly pattern: RegExp;
  readonly hint: (host: string) => string;
}

// The first match wins: "unauthorized: project x not found" is about the project.
const RULES: readonly Rule[] = [
  {
    code: 'IMAGE_NOT_BUILT',
    pattern: /tag does not exist|an image does not exist locally|no such image/i,
    hint: () => 'Build it first: objdocker build',
  },
  {
    code: 'REGISTRY_PROJECT_MISSING',
    pattern: /project \S+ not found|name unknown: .*project|repository name not known/i,
    hint: (host) =>
      `Create the project in Harbor at ${host} (or ask its administrator), or correct deployment.registry.project.`,
  },
  {
    code: 'REGISTRY_QUOTA',
    pattern: /exceed the configured upper limit|quota|insufficient storage|no space left on device/i,
    hint: (host) =>
      `Raise the project's storage quota in Harbor at ${host}, or delete artifacts there and run: objdocker harbor-gc`,
  },
  {
    code: 'REGISTRY_ERROR',
    pattern: /read[ -]only mode/i,
    hint: (host) => `${host} is in read-only mode: wait, or ask its administrator to end it.`,
  },
  {
    code: 'REGISTRY_ERROR',
    // Harbor responds with 412 to a manifest for one reason. The containerd store drops the text.
    pattern: /configured as immutable|tag .*immutable|immutable tag|412 Precondition Failed/i,
    hint: () => "Push under another tag, or change the project's tag immutability rule in Harbor.",
  },
  {
    code: 'REGISTRY_ERROR',
    pattern: /PROJECTPOLICYVIOLATION|configured policy in|pulled due to/i,
    hint: () => "The project's policy in Harbor blocks the image: check its scan result, or change the policy.",
  },
  {
    code: 'REGISTRY_WRONG_SCHEME',
    pattern: /server gave HTTP response to HTTPS client|tls: first record does not look like a TLS handshake/i,
    hint: (host) =>
      `${host} uses plain HTTP. Add { "insecure-registries": ["${host}"] } to the engine's /etc/docker/daemon.json and restart the engine, or turn TLS on for the registry.`,
  },
  {
    code: 'REGISTRY_WRONG_SCHEME',
    pattern: /client sent an HTTP request to an HTTPS server|plain HTTP request was sent to HTTPS port/i,
    hint: (host) => `${host} requires TLS: remove it from insecure-registries in the engine's /etc/docker/daemon.json.`,
  },
  {
    code: 'REGISTRY_CERTIFICATE',
    pattern: /x509: certificate (has expired|is not yet valid)|certificate has expired/i,
    hint: (host) =>
      `Renew the certificate of ${host}, and compare the clocks of the engine's machine and the registry.`,
  },
  {
    code: 'REGISTRY_CERTIFICATE',
    pattern: /x509: (certificate is valid for|cannot validate certificate for|certificate is not valid for any names)/i,
    hint: (host) => `The certificate is not for ${host}: use a name that it contains, or have it reissued.`,
  },
  {
    code: 'REGISTRY_CERTIFICATE',
    pattern:
      /x509:|tls: (failed to verify|bad certificate|unknown certificate)|certificate signed by unknown authority/i,
    hint: (host) =>
      `Copy the registry's CA to /etc/docker/certs.d/${host}/ca.crt on the engine's machine. The engine needs no restart.`,
  },
  {
    code: 'REGISTRY_FORBIDDEN',
    pattern:
      /unauthorized to access repository|insufficient_scope|insufficient scope|requested access to the resource is denied|action: push/i,
    hint: (host) =>
      `The account has no push permission (ask for the role developer, or repository:push for the robot), its password is wrong, or the robot is expired. Check with: objdocker registry ${host}`,
  },
  {
    code: 'REGISTRY_UNAUTHORIZED',
    pattern:
      /unauthorized|authentication required|no basic auth credentials|push access denied|incorrect username or password|401 Unauthorized/i,
    hint: (host) => `Check username and password in deployment.registry, or log in: docker login ${host}`,
  },
  {
    code: 'REGISTRY_FORBIDDEN',
    pattern: /^denied\b|denied:|403 Forbidden/i,
    hint: (host) =>
      `The account has no push permission (for a robot: repository:push): ask the administrator of ${host} for it.`,
  },
  {
    code: 'REGISTRY_UNREACHABLE',
    pattern:
      /unexpected HTTP status:? 50[234]|50[234] (Bad Gateway|Service|Gateway)|50[234]\b.*(Bad Gateway|Unavailable|Gateway Time)/i,
    hint: (host) =>
      `The proxy in front of ${host} is up, but the registry is not. Check with: objdocker registry ${host}`,
  },
  {
    code: 'REGISTRY_UNREACHABLE',
    pattern:
      /connection refused|no such host|no route to host|network is unreachable|i\/o timeout|context deadline exceeded|TLS handshake timeout|connection reset|server misbehaving|temporary failure in name resolution|proxyconnect|\bEOF$|broken pipe/i,
    hint: (host) =>
      `The engine cannot reach ${host}. It may need a proxy or another route than this machine. Check with: objdocker registry ${host}`,
  },
];

/** Makes the error for an error text in a push stream. */
export function pushFailure(message: string, reference: string, registryHost: string): ObjDockerError {
  const rule = RULES.find(({ pattern }) => pattern.test(message));
  const reason = condense(message);
  if (rule?.code === 'IMAGE_NOT_BUILT') {
    return new ObjDockerError('IMAGE_NOT_BUILT', `the engine has no image ${reference}`, {
      hint: rule.hint(registryHost),
    });
  }
  return new ObjDockerError(rule?.code ?? 'PUSH_FAILED', `cannot push ${reference}: ${reason}`, {
    hint: rule?.hint(registryHost) ?? `Check the registry with: objdocker registry ${registryHost}`,
    details: { reference },
  });
}

/**
 * Shortens an error text. Harbor repeats parts: `unauthorized: project x not found: project x not found`. The query of an upload
 * URL is removed: it is long and may hold the signature of a storage request.
 */
function condense(message: string): string {
  const text = message
    .trim()
    .replace(/(https?:\/\/[^\s"?]+)\?[^\s"]*/g, '$1')
    .replace(/\s+/g, ' ')
    .slice(0, 1000);
  const parts = text.split(': ');
  const seen = parts.filter((part, index) => parts.indexOf(part) === index);
  const halves = /^(.*?)(.{12,}): \2$/.exec(text);
  return halves === null ? seen.join(': ') : `${halves[1]}${halves[2]}`;
}
