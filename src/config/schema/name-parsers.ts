import { isObjDockerError } from '../../errors.ts';
import { parseImageReference, problemOfDomain, problemOfHost, problemOfPath, problemOfTag } from '../../image-ref.ts';
import { quote } from '../../lib/text/sanitize.ts';
import { maskUrlCredentials } from '../../lib/text/url-credentials.ts';
import { scalarParser, unlessWrong } from './scalar-parser.ts';

/** A registry's `host[:port]`. */
export const host = scalarParser((value) => {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(value);
  const shown = quote(maskUrlCredentials(value));
  const bare = scheme === null ? value : value.slice(scheme[0].length);
  const name = bare.replace(/^[^/]*@/, '').split('/')[0] ?? '';
  if (scheme !== null) {
    const hint = `Write ${quote(name)}. To use plain HTTP, add an "http://" endpoint for this host under mirrors.`;
    return { problem: `${shown} is a URL, not a host`, hint };
  }
  if (value.includes('/')) {
    return {
      problem: `${shown} contains a path`,
      hint: `Write ${quote(name)} here, and the project in registry.project.`,
    };
  }
  const problem = problemOfHost(value);
  if (problem === undefined) return { value };
  const hint = /^[0-9a-f]*:[0-9a-f:]*:[0-9a-f:]*$/i.test(value)
    ? `Write an IPv6 address in brackets: ${quote(`[${value}]`)}.`
    : 'Write a host, optionally with a port: registry.example.com:5000.';
  return { problem: `${shown} is not a host: ${problem}`, hint };
});

/** The key of a `mirrors` entry: a registry's `host[:port]`, or `*` for all registries. */
export const mirrorHost = scalarParser((value) => (value === '*' ? { value } : host.parse(value)));

/** The endpoint of a mirror: an http or https URL without a query. */
export const endpoint = scalarParser((value) => {
  const shown = quote(maskUrlCredentials(value));
  const hint = 'Write a URL with its scheme: "https://registry.example.com" or "http://10.0.10.5:5000".';
  if (!/^https?:\/\/[^\s\x00-\x1f\\]+$/i.test(value)) return { problem: `${shown} is not an http or https URL`, hint };

  const authority = /^https?:\/\/([^/?#]*)/i.exec(value)?.[1]?.replace(/^.*@/s, '') ?? '';
  const problem = problemOfDomain(authority);
  if (problem !== undefined || !URL.canParse(value)) {
    return { problem: `${shown} is not a URL: ${problem ?? 'it is malformed'}`, hint };
  }
  return unlessWrong(
    /[?#]/.test(value),
    value,
    `${shown} has a query or a fragment, which a registry endpoint cannot have`,
    hint,
  );
});

/** A repository: path components, separated by slashes. */
export const repository = scalarParser((value) => {
  const problem = problemOfPath(value);
  if (problem === undefined) return { value };
  const last = value.slice(value.lastIndexOf('/') + 1);
  return {
    problem: `${quote(value)} is not a repository: ${problem}`,
    hint: /[:@]/.test(last)
      ? 'Write the tag in image.tag, and the registry in image.registry.'
      : lowerCaseHint(value, (lower) => problemOfPath(lower) === undefined),
  };
});

/** A project: path components, separated by slashes. Another rule restricts a Harbor project to one component. */
export const project = scalarParser((value) => {
  const problem = problemOfPath(value);
  if (problem === undefined) return { value };
  const reason = problem.replaceAll('repository', 'project');
  const hint = lowerCaseHint(value, (lower) => problemOfPath(lower) === undefined);
  return { problem: `${quote(value)} is not a project: ${reason}`, hint };
});

/** An image's tag. */
export const tag = scalarParser((value) => {
  const problem = problemOfTag(value);
  if (problem === undefined) return { value };
  // CI systems convert branch names like this, and Helm the "+" of a version.
  const legal = value
    .replace(/[^A-Za-z0-9_.-]/g, '_')
    .replace(/^[.-]+/, '')
    .slice(0, 128);
  const hint = problemOfTag(legal) === undefined ? `Write ${quote(legal)}, for example.` : undefined;
  return { problem: `${quote(value)} is not a tag: ${problem}`, hint };
});

/** An image reference. */
export const reference = scalarParser((value) => {
  try {
    parseImageReference(value);
    return { value };
  } catch (error) {
    if (!isObjDockerError(error)) throw error;
    return { problem: error.message, hint: error.hint };
  }
});

/** `image.name`: a repository with placeholders. */
export const imageName = scalarParser((value) => {
  const hint = 'Write a repository with {service} and {package}, for example "{package}/{service}".';
  const unknown = /\{[^}]*\}?/g;
  const placeholder = (value.match(unknown) ?? []).find((found) => found !== '{service}' && found !== '{package}');
  if (placeholder !== undefined) return { problem: `${quote(placeholder)} is no placeholder`, hint };
  if (!value.includes('{service}')) return { problem: `${quote(value)} is the same name for all services`, hint };
  const problem = problemOfPath(value.replace(/\{(service|package)\}/g, 'x'));
  return problem === undefined
    ? { value }
    : { problem: `${quote(value)} does not make a repository: ${problem}`, hint };
});

/** A service: a stage of the Dockerfile whose name becomes part of an image name. */
export const service = scalarParser((value) => {
  if (problemOfPath(value) === undefined && !value.includes('/')) return { value };
  return {
    problem: `${quote(value)} is not a service: a service consists of lower-case letters and digits, joined by ".", "_" or "-"`,
    hint: lowerCaseHint(value, (lower) => problemOfPath(lower) === undefined && !lower.includes('/')),
  };
});

const PLATFORM_ALIASES: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  'x86-64': 'amd64',
  aarch64: 'arm64',
  i386: '386',
  armhf: 'arm/v7',
  armel: 'arm/v6',
};
const SYSTEMS = ['linux', 'windows', 'darwin', 'freebsd'];
const ARCHITECTURES = '386 amd64 arm arm64 loong64 mips mips64 mips64le mipsle ppc64 ppc64le riscv64 s390x wasm'.split(
  ' ',
);

/** `os/arch[/variant]`. The architecture names of `uname -m` and Debian are converted to those of OCI. */
export const platform = scalarParser((value) => {
  const hint = 'Write os/architecture[/variant], one per entry: "linux/amd64", "linux/arm64", "linux/arm/v7".';
  const [system = '', written = '', ...variant] = value.toLowerCase().split('/');
  const architecture = (Object.hasOwn(PLATFORM_ALIASES, written) ? PLATFORM_ALIASES[written] : written) ?? written;
  const known = SYSTEMS.includes(system) && ARCHITECTURES.includes(architecture.split('/')[0] ?? '');
  return known && variant.length < 2 && variant.every((part) => /^v?[0-9a-z.]+$/.test(part))
    ? { value: [system, architecture, ...variant].join('/') }
    : { problem: `${quote(value)} is not a platform`, hint };
});

function lowerCaseHint(value: string, legal: (lower: string) => boolean): string | undefined {
  const lower = value.toLowerCase();
  return lower !== value && legal(lower) ? `Write ${quote(lower)}.` : undefined;
}
