import { type ErrorCode, ObjDockerError } from '../../errors.ts';

/** What a push's error text is about. The texts are the engine's, the registry's and Harbor's own. */
interface Rule {
  readonly code: ErrorCode;
  readonly pattern: RegExp;
  readonly hint: (host: string) => string;
}

// The first that matches wins: "unauthorized: project x not found" is about the project.
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
    hint: (host) => `An administrator has set ${host} to read only: wait, or ask to have it lifted.`,
  },
  {
    code: 'REGISTRY_ERROR',
    pattern: /configured as immutable|tag .*immutable|immutable tag/i,
    hint: () => "Push under another tag, or change the project's tag immutability rule in Harbor.",
  },
  {
    code: 'REGISTRY_ERROR',
    pattern: /PROJECTPOLICYVIOLATION|configured policy in|pulled due to/i,
    hint: () => "The project's policy in Harbor refuses it: look at the scan result, or change the policy.",
  },
  {
    code: 'REGISTRY_WRONG_SCHEME',
    pattern: /server gave HTTP response to HTTPS client|tls: first record does not look like a TLS handshake/i,
    hint: (host) =>
      `${host} speaks plain HTTP. Put { "insecure-registries": ["${host}"] } into the engine's /etc/docker/daemon.json and restart the engine, or give the registry TLS.`,
  },
  {
    code: 'REGISTRY_WRONG_SCHEME',
    pattern: /client sent an HTTP request to an HTTPS server|plain HTTP request was sent to HTTPS port/i,
    hint: (host) => `${host} speaks TLS: remove it from insecure-registries of the engine's /etc/docker/daemon.json.`,
  },
  {
    code: 'REGISTRY_CERTIFICATE',
    pattern: /x509: certificate (has expired|is not yet valid)|certificate has expired/i,
    hint: (host) =>
      `Have the certificate of ${host} renewed, and compare the clocks of the engine's machine and the registry.`,
  },
  {
    code: 'REGISTRY_CERTIFICATE',
    pattern: /x509: (certificate is valid for|cannot validate certificate for|certificate is not valid for any names)/i,
    hint: (host) => `The certificate is for another name than ${host}: use a name that it holds, or have it reissued.`,
  },
  {
    code: 'REGISTRY_CERTIFICATE',
    pattern:
      /x509:|tls: (failed to verify|bad certificate|unknown certificate)|certificate signed by unknown authority/i,
    hint: (host) =>
      `Put the registry's CA on the engine's machine as /etc/docker/certs.d/${host}/ca.crt; no restart is needed.`,
  },
  {
    code: 'REGISTRY_FORBIDDEN',
    pattern:
      /unauthorized to access repository|insufficient_scope|insufficient scope|requested access to the resource is denied|action: push/i,
    hint: (host) =>
      `The account may not push there (ask for the role developer, or push permission for the robot), or its password is wrong. Look with: objdocker registry ${host}`,
  },
  {
    code: 'REGISTRY_UNAUTHORIZED',
    pattern:
      /unauthorized|authentication required|no basic auth credentials|push access denied|incorrect username or password|401 Unauthorized/i,
    hint: (host) => `Check username and password of deployment.registry, or: docker login ${host}`,
  },
  {
    code: 'REGISTRY_FORBIDDEN',
    pattern: /^denied\b|denied:|403 Forbidden/i,
    hint: (host) => `The account may not push there: ask for push permission at ${host}.`,
  },
  {
    code: 'REGISTRY_UNREACHABLE',
    pattern:
      /unexpected HTTP status:? 50[234]|50[234] (Bad Gateway|Service|Gateway)|50[234]\b.*(Bad Gateway|Unavailable|Gateway Time)/i,
    hint: (host) =>
      `The proxy before ${host} is up, the registry behind it is not. Look with: objdocker registry ${host}`,
  },
  {
    code: 'REGISTRY_UNREACHABLE',
    pattern:
      /connection refused|no such host|no route to host|network is unreachable|i\/o timeout|context deadline exceeded|TLS handshake timeout|connection reset|server misbehaving|temporary failure in name resolution|proxyconnect|\bEOF$|broken pipe/i,
    hint: (host) =>
      `The engine cannot reach ${host}; it may need a proxy or another route than this machine. Look with: objdocker registry ${host}`,
  },
];

/** The error for one line of a push stream: what the registry meant, on which image, and what to do. */
export function pushFailure(message: string, reference: string, registryHost: string): ObjDockerError {
  const rule = RULES.find(({ pattern }) => pattern.test(message));
  const said = condense(message);
  if (rule?.code === 'IMAGE_NOT_BUILT') {
    return new ObjDockerError('IMAGE_NOT_BUILT', `the engine has no image ${reference}`, {
      hint: rule.hint(registryHost),
    });
  }
  return new ObjDockerError(rule?.code ?? 'PUSH_FAILED', `cannot push ${reference}: ${said}`, {
    hint: rule?.hint(registryHost) ?? `Look at the registry with: objdocker registry ${registryHost}`,
    details: { reference },
  });
}

/**
 * Harbor says everything twice: `unauthorized: project x not found: project x not found`. The query of an upload's address is
 * long, says nothing, and is what signs a request to a storage behind the registry.
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
