// ../../image-ref.ts is stricter where a reference is to be used (ports, lengths); this takes what BuildKit takes.
import { ValueError } from '../problem.ts';
import { lowerCase } from '../syntax/text.ts';

const HUB = 'docker.io';
const LONGEST_PATH = 255;
const LABEL = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const DOMAIN = `(?:${LABEL}(?:\\.${LABEL})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const COMPONENT = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const DIGEST = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}';
const REFERENCE = new RegExp(
  `^(${DOMAIN})/(${COMPONENT}(?:/${COMPONENT})*)(?::([\\w][\\w.-]{0,127}))?(?:@(${DIGEST}))?$`,
);
const DIGESTS: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 };

/**
 * The full name of an image: registry, repository, and tag or digest.
 *
 * @throws {ValueError} for what is not the name of an image.
 */
export function normalizeImage(name: string): string {
  if (/^[a-f0-9]{64}$/.test(name)) throw invalid(name, '64 hexadecimal digits are an image id, not a name');
  const { domain, rest } = splitDomain(name);
  const path = rest.split(':', 1)[0] ?? '';
  if (lowerCase(path) !== path)
    throw invalid(name, 'the repository must be lower case, and no stage above has this name');
  const match = REFERENCE.exec(`${domain}/${rest}`);
  if (match === null) throw invalid(name, 'it does not have the form [registry/]repository[:tag][@digest]');
  const [full, , repository = '', tag, digest] = match;
  if (repository.length > LONGEST_PATH) throw invalid(name, `the repository is longer than ${LONGEST_PATH} characters`);
  if (digest !== undefined && !isDigest(digest)) throw invalid(name, 'its digest is not complete');
  return tag === undefined && digest === undefined ? `${full}:latest` : full;
}

/** A digest of an algorithm that is known, with all of its digits. */
export function isDigest(digest: string): boolean {
  const [algorithm = '', digits = '', ...more] = digest.split(':');
  const length = Object.hasOwn(DIGESTS, algorithm) ? DIGESTS[algorithm] : undefined;
  return more.length === 0 && digits.length === length && /^[a-f0-9]+$/.test(digits);
}

/** As {@link normalizeImage}, and the name itself when it is none. */
export function normalizeIfImage(name: string): string {
  try {
    return normalizeImage(name);
  } catch (error) {
    if (error instanceof ValueError) return name;
    throw error;
  }
}

function splitDomain(name: string): { domain: string; rest: string } {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const isDomain = slash >= 0 && (first === 'localhost' || /[.:]/.test(first) || lowerCase(first) !== first);
  const domain = isDomain ? (first === 'index.docker.io' ? HUB : first) : HUB;
  const rest = isDomain ? name.slice(slash + 1) : name;
  return { domain, rest: domain === HUB && !rest.includes('/') ? `library/${rest}` : rest };
}

function invalid(name: string, reason: string): ValueError {
  const shown = name.length > 80 ? `${name.slice(0, 80)}…` : name;
  return new ValueError(
    `${JSON.stringify(shown)} is not the name of an image: ${reason}`,
    'Write it as in registry.example.com/team/app:1.2.',
  );
}
