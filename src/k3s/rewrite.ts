import { RE2JS } from 're2js';

/**
 * Rewrites a repository like Go's `regexp.ReplaceAllString`, which k3s uses.
 *
 * @returns undefined when k3s cannot compile the pattern and ignores the rewrite
 * @see https://pkg.go.dev/regexp#Regexp.Expand
 */
export function rewriteRepository(repository: string, pattern: string, replacement: string): string | undefined {
  const regex = compile(pattern);
  if (regex === undefined) return undefined;
  const names = regex.namedGroups();
  const matcher = regex.matcher(repository);
  let rewritten = '';
  let end = 0;
  let last = -1;
  while (matcher.find()) {
    const [start, stop] = [matcher.start(), matcher.end()];
    // Go skips an empty match right after another one: "(.*)" matches once.
    if (start === stop && start === last) continue;
    rewritten += repository.slice(end, start);
    rewritten += replacement.replace(GROUP, (whole, braced: string | undefined, bare: string | undefined) => {
      const name = braced ?? bare;
      if (name === undefined) return whole === '$$' ? '$' : whole;
      const group = groupNumber(name) ?? names[name];
      return group === undefined || group > matcher.groupCount() ? '' : (matcher.group(group) ?? '');
    });
    end = stop;
    last = stop;
  }
  return rewritten + repository.slice(end);
}

/** The likely problem of a rewrite, for a warning; undefined when there is none. */
export function problemOfRewrite(pattern: string, replacement: string): string | undefined {
  const regex = compile(pattern);
  if (regex === undefined) return 'k3s cannot compile the pattern and ignores the rewrite';
  // Its template for containerd's hosts.toml puts both between quotes without escaping.
  if (/["\\]/.test(pattern + replacement)) {
    return 'k3s passes a backslash or a double quote to containerd unescaped, and containerd cannot read it: write [.] for a dot';
  }
  const names = regex.namedGroups();
  const unknown = [...replacement.matchAll(GROUP)]
    .map(([, braced, bare]) => braced ?? bare)
    .find((name) => name !== undefined && (groupNumber(name) ?? names[name] ?? Infinity) > regex.groupCount());
  if (unknown === undefined) return undefined;
  const braced = '$${1}';
  return `the replacement uses the group ${unknown}, which the pattern does not have, so it is replaced by nothing. A name without braces includes all following letters, digits and "_"; write ${braced} in config.yaml to end it`;
}

/** `$$`, `${name}` or `$name`. In Go, a name without braces is as long as possible. */
const GROUP = /\$(?:\$|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu;

/** The number of a group that is named by its number; undefined for any other name, also for one with a leading zero. */
function groupNumber(name: string): number | undefined {
  return /^(?:0|[1-9][0-9]*)$/.test(name) ? Number(name) : undefined;
}

function compile(pattern: string): RE2JS | undefined {
  try {
    return RE2JS.compile(pattern);
  } catch {
    return undefined;
  }
}
