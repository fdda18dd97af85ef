/** How a registry wants clients to authenticate: one challenge of a WWW-Authenticate header (RFC 9110, 11.6.1). */
export interface Challenge {
  /** In lower case: `bearer`, `basic`. */
  readonly scheme: string;
  /** Names in lower case. */
  readonly parameters: Readonly<Record<string, string>>;
}

const TOKEN = /^[!#$%&'*+.^_`|~\w-]+/;
const QUOTED = /^"((?:[^"\\]|\\.)*)"/;

/** All challenges of a WWW-Authenticate header, in its order. An unreadable part ends the list without an error. */
export function parseChallenges(header: string | undefined): Challenge[] {
  const challenges: { scheme: string; parameters: Record<string, string> }[] = [];
  let rest = (header ?? '').trim();
  while (rest !== '') {
    const name = TOKEN.exec(rest)?.[0];
    if (name === undefined) break;
    rest = rest.slice(name.length).trimStart();
    const current = challenges.at(-1);
    if (current !== undefined && /^=(?!=)/.test(rest)) {
      rest = rest.slice(1).trimStart();
      const quoted = QUOTED.exec(rest);
      const value = quoted?.[1]?.replace(/\\(.)/g, '$1') ?? TOKEN.exec(rest)?.[0] ?? /^[^,\s]*/.exec(rest)?.[0] ?? '';
      current.parameters[name.toLowerCase()] = value;
      rest = rest.slice(quoted?.[0].length ?? value.length);
    } else {
      challenges.push({ scheme: name.toLowerCase(), parameters: {} });
    }
    rest = rest.replace(/^[\s,]+/, '');
  }
  return challenges;
}

/** The challenge of a scheme, or undefined. */
export function challengeOf(header: string | undefined, scheme: 'bearer' | 'basic'): Challenge | undefined {
  return parseChallenges(header).find((challenge) => challenge.scheme === scheme);
}
