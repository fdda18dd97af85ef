/**
 * Rewrites a repository like Go's `regexp.ReplaceAllString`, which k3s uses.
 *
 * @returns undefined when k3s cannot compile the pattern and ignores the rewrite
 * @see https://pkg.go.dev/regexp#Regexp.Expand
 */
export function rewriteRepository(repository: string, pattern: string, replacement: string): string | undefined {
  const regex = compile(pattern);
  if (regex === undefined) return undefined;
  let rewritten = '';
  let end = 0;
  let last = -1;
  for (const match of repository.matchAll(regex)) {
    // Go skips an empty match right after another one: "(.*)" matches once, in JavaScript twice.
    if (match[0] === '' && match.index === last) continue;
    rewritten += repository.slice(end, match.index) + expandGroups(replacement, match);
    end = match.index + match[0].length;
    last = end;
  }
  return rewritten + repository.slice(end);
}

/** The likely problem of a rewrite, for a warning; undefined when there is none. */
export function problemOfRewrite(pattern: string, replacement: string): string | undefined {
  if (compile(pattern) === undefined) return 'k3s cannot compile the pattern and ignores the rewrite';
  // Its template for containerd's hosts.toml puts both between quotes without escaping.
  if (/["\\]/.test(pattern + replacement)) {
    return 'k3s passes a backslash or a double quote to containerd unescaped, and containerd cannot read it: write [.] for a dot';
  }
  const groups = groupsOf(pattern);
  const unknown = [...replacement.matchAll(GROUP)]
    .map(([, braced, bare]) => braced ?? bare)
    .find((name) => name !== undefined && !groups.has(name));
  if (unknown === undefined) return undefined;
  const braced = '$${1}';
  return `the replacement uses the group ${unknown}, which the pattern does not have, so it is replaced by nothing. A name without braces includes all following letters, digits and "_"; write ${braced} in config.yaml to end it`;
}

/** `$$`, `${name}` or `$name`. In Go, a name without braces is as long as possible. */
const GROUP = /\$(?:\$|\{([A-Za-z0-9_]+)\}|([A-Za-z0-9_]+))/g;

function expandGroups(replacement: string, match: RegExpExecArray): string {
  return replacement.replace(GROUP, (whole, braced: string | undefined, bare: string | undefined) => {
    const name = braced ?? bare;
    if (name === undefined) return whole === '$$' ? '$' : whole;
    return (/^\d+$/.test(name) ? match[Number(name)] : match.groups?.[name]) ?? '';
  });
}

function groupsOf(pattern: string): ReadonlySet<string> {
  const names = [...pattern.matchAll(/\(\?P?<([A-Za-z_]\w*)>/g)].map(([, name = '']) => name);
  const count = (new RegExp(`${toJavaScript(pattern)}|`).exec('')?.length ?? 1) - 1;
  return new Set([...names, ...Array.from({ length: count + 1 }, (_, index) => String(index))]);
}

function compile(pattern: string): RegExp | undefined {
  // Go has no look-around and no back-references.
  if (/\(\?<?[=!]/.test(pattern) || /(?:^|[^\\])(?:\\\\)*\\[1-9k]/.test(pattern)) return undefined;
  const flags = /^\(\?([is]+)\)/.exec(pattern)?.[1] ?? '';
  try {
    return new RegExp(toJavaScript(pattern), [...new Set(`g${flags}`)].join(''));
  } catch {
    return undefined;
  }
}

function toJavaScript(pattern: string): string {
  return pattern
    .replace(/^\(\?[is]+\)/, '')
    .replaceAll('(?P<', '(?<')
    .replace(/^\\A/, '^')
    .replace(/\\z$/, '$');
}
