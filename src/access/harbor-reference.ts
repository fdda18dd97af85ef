import { ObjDockerError } from '../errors.ts';
import { parseImageReference } from '../image-ref.ts';

/** What a text names in a package's Harbor project. */
export interface HarborTarget {
  /** Without the project: `services/api`. */
  readonly repository: string;
  /** A digest, or else a tag, when the text has one. */
  readonly reference?: string;
}

/** Where texts are relative to. */
export interface HarborProjectName {
  /** `host[:port]` of the Harbor. */
  readonly host: string;
  readonly project: string;
}

/**
 * Reads how users name a repository or an artifact: `api`, `services/api`, `axion/api`, `api:1.0`, `api@sha256:…`,
 * `registry.example.com/axion/api:1.0`. A tag beside a digest counts as little as it does for docker.
 *
 * A first part that is the project's name is the project: a repository that begins with the same name is reached with both,
 * `axion/axion/api`.
 *
 * @throws {ObjDockerError} REFERENCE_INVALID for what is no reference, is at another host, or in another project.
 */
export function parseHarborTarget(text: string, { host, project }: HarborProjectName): HarborTarget {
  const inProject = relativeTo(text, { host, project });
  const { path, tag, digest } = parseImageReference(`${host}/${project}/${inProject}`);
  const reference = digest ?? tag;
  return { repository: path.slice(project.length + 1), ...(reference === undefined ? {} : { reference }) };
}

function relativeTo(text: string, { host, project }: HarborProjectName): string {
  const [first = '', ...others] = text.split('/');
  if (others.length === 0) return text;
  if (first === host) return withoutProject(others, text, project);
  if (first === project) return others.join('/');
  if (!isDomain(first)) return text;
  const { domain } = parseImageReference(text);
  throw new ObjDockerError('REFERENCE_INVALID', `"${text}" is at ${domain}, and the package's Harbor is ${host}`, {
    hint: `If ${first} is part of the repository's name, write the project before it: ${project}/${text}`,
  });
}

function withoutProject([first, ...others]: readonly string[], text: string, project: string): string {
  if (first === project && others.length > 0) return others.join('/');
  parseImageReference(text);
  throw new ObjDockerError('REFERENCE_INVALID', `"${text}" is not in ${project}, the package's project`, {
    hint: `Select the package of that project with --package, or name a repository of ${project}.`,
  });
}

/** As docker tells a registry from the first part of a name. */
function isDomain(part: string): boolean {
  return part === '' || part === 'localhost' || /[.:]/.test(part) || part !== part.toLowerCase();
}
