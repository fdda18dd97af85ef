/** A release of Docker's Dockerfile frontend, as far as a name tells it. */
export interface Frontend {
  /** `1.4`, or `newest` for a tag that follows the releases. */
  readonly version: string;
  /** Whether it is of the labs channel, which takes some constructs earlier. */
  readonly labs: boolean;
}

/** The image in the value of `# syntax=`, behind which arguments may follow. */
export function frontendImage(value: string): string {
  return value.trim().split(' ', 1)[0] ?? '';
}

const DOCKERS = /(?:^|\/)docker\/dockerfile(?:-upstream)?(?=$|[:@])/;

/** Whether the image is another frontend than Docker's. A copy in another registry has its name, too. */
export function isForeign(image: string): boolean {
  return !DOCKERS.test(image);
}

/** What the tag of Docker's frontend says; undefined for a digest, which counts more than a tag, and for other frontends. */
export function frontendOf(image: string): Frontend | undefined {
  const name = DOCKERS.exec(image);
  if (name === null || image.includes('@')) return undefined;
  const tag = image.slice(name.index + name[0].length + 1) || 'latest';
  // The labs channel was named "experimental" before 1.2.
  const labs = /(?:^|-)(?:labs|experimental)$/.test(tag);
  const release = tag.replace(/-?(?:labs|experimental)$/, '');
  if (/^\d+\.\d+(?:\.\d+)?$/.test(release)) return { version: release, labs };
  return ['', '1', 'latest', 'master'].includes(release) ? { version: 'newest', labs } : undefined;
}
