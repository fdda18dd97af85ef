/** `a`, `a and b`, `a, b and c`. */
export function joinWords(words: readonly string[], conjunction: 'and' | 'or' = 'and'): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} ${conjunction} ${words.at(-1)}`;
}

/** `12,345` */
export function formatNumber(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 image`, `1,200 images`. */
export function count(value: number, singular: string, plural = `${singular}s`): string {
  return `${formatNumber(value)} ${value === 1 ? singular : plural}`;
}

/** `sha256:0123456789ab`: enough of a digest to tell two apart. */
export function shortDigest(digest: string): string {
  const [algorithm, hex] = digest.split(':');
  return hex === undefined ? digest : `${algorithm}:${hex.slice(0, 12)}`;
}

/** How many tags of an artifact are named: a nightly build can have hundreds. */
const NAMED_TAGS = 5;

/** `axion/api:1.4.0, :latest`, `axion/api:1, :2, :3, :4, :5 and 295 more tags`; the repository alone without tags. */
export function withTags(repository: string, tags: readonly string[]): string {
  if (tags.length === 0) return repository;
  const hidden = tags.length - NAMED_TAGS;
  const more = hidden > 0 ? ` and ${count(hidden, 'more tag')}` : '';
  return `${repository}:${tags.slice(0, NAMED_TAGS).join(', :')}${more}`;
}
