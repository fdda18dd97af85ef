import { ObjDockerError } from './errors.ts';
import { splitPort } from './lib/host.ts';
import { escapeNonAscii } from './lib/text/sanitize.ts';

/** A parsed image reference. Docker Hub's short names are expanded: `python` is `docker.io/library/python`. */
export interface ImageReference {
  /** `host[:port]` of the registry. */
  readonly domain: string;
  /** The repository within the registry: `axion/meridian-report-homechoice`. */
  readonly path: string;
  readonly tag?: string | undefined;
  /** `sha256:<64 hex digits>` */
  readonly digest?: string | undefined;
}

const HUB = 'docker.io';
const HUB_ALIAS = 'index.docker.io';
const NAME_LENGTH = 255;

const DOMAIN_LABEL = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?$/;
const IPV6 = /^\[[a-fA-F0-9:]+\]$/;
const PATH_COMPONENT = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;
const DIGEST_LENGTHS: ReadonlyMap<string, number> = new Map([
  ['sha256', 64],
  ['sha384', 96],
  ['sha512', 128],
]);

/**
 * Parses an image reference by the grammar of the distribution project (`reference/regexp.go`, `normalize.go`).
 *
 * @throws {ObjDockerError} REFERENCE_INVALID; the message says which part is wrong and why.
 * @example
 * ```ts
 * parseImageReference('python:3.12'); // { domain: 'docker.io', path: 'library/python', tag: '3.12' }
 * parseImageReference('[::1]:5000/axion/api@sha256:…');
 * ```
 */
export function parseImageReference(text: string): ImageReference {
  const problem = problemOfText(text);
  if (problem !== undefined) throw invalid(text, problem);

  const at = text.indexOf('@');
  const digest = at < 0 ? undefined : text.slice(at + 1);
  const { domain, rest } = splitDomain(at < 0 ? text : text.slice(0, at));
  const colon = rest.indexOf(':');
  const tag = colon < 0 ? undefined : rest.slice(colon + 1);
  const path = colon < 0 ? rest : rest.slice(0, colon);

  const wrong =
    problemOfDomain(domain) ??
    problemOfPath(path) ??
    problemOfLength(domain, path) ??
    (tag === undefined ? undefined : problemOfTag(tag)) ??
    (digest === undefined ? undefined : problemOfDigest(digest));
  if (wrong !== undefined) throw invalid(text, wrong);
  if (domain === HUB && /^[a-f0-9]{64}$/.test(path)) {
    throw invalid(text, '64 hexadecimal digits are an image id, not a name');
  }
  return {
    domain,
    path: domain === HUB && !path.includes('/') ? `library/${path}` : path,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

const DIGEST_PREFIX = /^(?:(sha256|sha384|sha512):)?([a-f0-9]{7,128})…?$/;

/**
 * Reads a digest, or the beginning of one with at least 7 hexadecimal digits: `sha256:4fc5a1b`, `4fc5a1b`, as lists show them.
 *
 * @returns the text with its algorithm; undefined for any other text
 */
export function parseDigestPrefix(text: string): string | undefined {
  const [, algorithm = 'sha256', hex] = DIGEST_PREFIX.exec(text) ?? [];
  const length = DIGEST_LENGTHS.get(algorithm) ?? 0;
  return hex === undefined || hex.length > length ? undefined : `${algorithm}:${hex}`;
}

/** The full form of a reference, with its registry. `parseImageReference` reads it as the same reference. */
export function formatImageReference(reference: ImageReference): string {
  return `${reference.domain}/${reference.path}${suffix(reference)}`;
}

/** The form that `docker images` shows: without Docker Hub's registry and `library/`. */
export function familiarName(reference: ImageReference): string {
  const { domain, path } = reference;
  if (domain !== HUB) return formatImageReference(reference);
  const official = /^library\/[^/]+$/.test(path);
  const short = official ? path.slice('library/'.length) : path;
  // `docker.io/a.b/c` without its registry would be read as `c` in the registry `a.b`.
  if (splitDomain(short).rest !== short) return formatImageReference(reference);
  return `${short}${suffix(reference)}`;
}

/** What is wrong with a registry's `host[:port]`, or undefined: `has a port that is not between 1 and 65535`. */
export function problemOfDomain(domain: string): string | undefined {
  const { host, port } = splitPort(domain);
  if (port !== undefined && !isPort(port)) return 'the registry has a port that is not between 1 and 65535';
  if (host === '') return 'the registry is missing before the "/"';
  if (host.length > NAME_LENGTH) return `the registry is longer than ${NAME_LENGTH} characters`;
  if (host.startsWith('[')) return IPV6.test(host) ? undefined : 'the registry is not an IPv6 address in brackets';
  return host.split('.').every((label) => DOMAIN_LABEL.test(label))
    ? undefined
    : 'the registry may contain only letters, digits, "-" and "."';
}

/**
 * What is wrong with the `host[:port]` of a registry for requests, or undefined. Stricter than {@link problemOfDomain}: the
 * grammar of references allows `10.0.10.999`, and no request can be sent to it.
 */
export function problemOfHost(domain: string): string | undefined {
  return problemOfDomain(domain) ?? (URL.canParse(`https://${domain}`) ? undefined : 'it is not a valid address');
}

/** What is wrong with a repository path, or undefined. */
export function problemOfPath(path: string): string | undefined {
  if (path === '') return 'the repository is missing';
  if (path.length > NAME_LENGTH) return `the repository is longer than ${NAME_LENGTH} characters`;
  if (path !== path.toLowerCase()) return 'the repository must be lower case';
  if (path.split('/').includes('')) return 'the repository has an empty part between slashes';
  return path.split('/').every((component) => PATH_COMPONENT.test(component))
    ? undefined
    : 'each part of the repository must be letters and digits, joined by ".", "_", "__" or "-"';
}

/** What is wrong with a tag, or undefined. */
export function problemOfTag(tag: string): string | undefined {
  if (tag === '') return 'the tag after ":" is missing';
  if (tag.length > 128) return 'the tag is longer than 128 characters';
  return TAG.test(tag)
    ? undefined
    : 'the tag may contain only letters, digits, "_", "." and "-", and must not start with "." or "-"';
}

function isPort(port: string): boolean {
  return /^[0-9]{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535;
}

function problemOfText(text: string): string | undefined {
  if (text === '') return 'it is empty';
  if (/[\s\x00-\x1f\x7f]/.test(text)) return 'it contains a space, a line break or a control character';
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text);
  return scheme === null ? undefined : `it starts with "${scheme[1]}://", and an image reference has no scheme`;
}

function problemOfLength(domain: string, path: string): string | undefined {
  return domain.length + 1 + path.length > NAME_LENGTH
    ? `registry and repository together are longer than ${NAME_LENGTH} characters`
    : undefined;
}

function problemOfDigest(digest: string): string | undefined {
  const colon = digest.indexOf(':');
  const length = DIGEST_LENGTHS.get(digest.slice(0, colon));
  if (colon < 0 || length === undefined) return 'the digest after "@" must start with sha256:, sha384: or sha512:';
  const hex = digest.slice(colon + 1);
  return hex.length === length && /^[a-f0-9]+$/.test(hex)
    ? undefined
    : `a ${digest.slice(0, colon)} digest has ${length} lower-case hexadecimal digits`;
}

function splitDomain(name: string): { domain: string; rest: string } {
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(slash, 0));
  const isDomain = slash >= 0 && (first === 'localhost' || /[.:]/.test(first) || first !== first.toLowerCase());
  // A leading slash is an empty registry. Any other name without a registry is Docker Hub's.
  if (!isDomain && slash !== 0) return { domain: HUB, rest: name };
  return { domain: first === HUB_ALIAS ? HUB : first, rest: name.slice(slash + 1) };
}

function suffix({ tag, digest }: ImageReference): string {
  return `${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

function invalid(text: string, reason: string): ObjDockerError {
  // A `user:password@` must not be shown, nor characters that a terminal acts on.
  const masked = text.replace(/^([a-z]+:\/\/[^/@]*|[^/@]*:[^/@]*)@(?!sha\d)/i, '***@');
  const shown = masked.length > 80 ? `${masked.slice(0, 77)}...` : masked;
  return new ObjDockerError('REFERENCE_INVALID', `"${escapeNonAscii(shown)}" is not an image reference: ${reason}`, {
    hint: 'An image reference is [registry[:port]/]repository[:tag][@digest], as in registry.example.com/axion/api:1.0.',
  });
}
