import { ObjDockerError } from '../errors.ts';
import { parseDigestPrefix, parseImageReference } from '../image-ref.ts';

/** A repository or an artifact in a package's Harbor project. */
export interface HarborTarget {
  /** Without the project: `services/api`. */
  readonly repository: string;
  /** A digest or the beginning of one (`sha256:4fc5a1b`), or else a tag. Absent for a repository. */
  readonly reference?: string;
  /** It is one name without the project, which may also be the name of a service. */
  readonly isOneName: boolean;
}

/** The Harbor project that names are relative to. */
export interface HarborProjectName {
  /** `host[:port]` of the Harbor. */
  readonly host: string;
  readonly project: string;
}

/**
 * Parses the name of a repository or an artifact: `api`, `services/api`, `axion/api`, `api:1.0`, `api@sha256:…`,
 * `registry.example.com/axion/api:1.0`. As for docker, a digest takes precedence over a tag. Of a digest, the beginning is enough.
 *
 * A first component with the name of the project means the project. For a repository that starts with the same name, write both:
 * `axion/axion/api`.
 *
 * @throws {ObjDockerError} REFERENCE_INVALID for an invalid reference, another host, or another project.
 */
export function parseHarborTarget(text: string, { host, project }: HarborProjectName): HarborTarget {
  const inProject = relativeTo(text, { host, project });
  const [name = '', ...digests] = inProject.split('@');
  const [written = ''] = digests;
  const prefix = digests.length === 1 ? parseDigestPrefix(written) : undefined;
  if (/^(sha\d+:)?[0-9a-f]{1,6}…?$/.test(written)) {
    throw new ObjDockerError('REFERENCE_INVALID', `${JSON.stringify(written)} is not a digest: it is too short`, {
      hint: 'Give the digest, or its first 7 hexadecimal digits or more.',
    });
  }
  const whole = `${host}/${project}/${prefix === undefined ? inProject : name}`;
  const { path, tag, digest } = parseImageReference(whole);
  const reference = prefix ?? digest ?? tag;
  const isOneName = !text.includes('/');
  return { repository: path.slice(project.length + 1), ...(reference === undefined ? {} : { reference }), isOneName };
}

function relativeTo(text: string, { host, project }: HarborProjectName): string {
  const [first = '', ...others] = text.split('/');
  if (others.length === 0) return text;
  if (first === host) return withoutProject(others, text, project);
  if (first === project) return others.join('/');
  if (!isDomain(first)) return text;
  const { domain } = parseImageReference(text);
  throw new ObjDockerError('REFERENCE_INVALID', `"${text}" is at ${domain}, but the Harbor of the package is ${host}`, {
    hint: `If ${first} is part of the repository name, write the project first: ${project}/${text}`,
  });
}

function withoutProject([first, ...others]: readonly string[], text: string, project: string): string {
  if (first === project && others.length > 0) return others.join('/');
  parseImageReference(text);
  throw new ObjDockerError('REFERENCE_INVALID', `"${text}" is not in ${project}, the Harbor project of the package`, {
    hint: `Select the package of that project with --package, or name a repository of ${project}.`,
  });
}

/** Whether docker would read the first component of a name as a registry. */
function isDomain(part: string): boolean {
  return part === '' || part === 'localhost' || /[.:]/.test(part) || part !== part.toLowerCase();
}
