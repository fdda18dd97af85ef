// Go's net/url and the URL of JavaScript differ in what they refuse, so that what BuildKit takes for Git is read here.

/** The parts of a URL that say whether it is a Git repository. */
export interface ParsedUrl {
  /** Decoded. */
  readonly path: string;
  /** As written, without the `?`. */
  readonly query: string;
  /** Decoded, without the `#`. */
  readonly fragment: string;
}

const CONTROL = /[\x00-\x1f\x7f]/;
const BAD_ESCAPE = /%(?![0-9a-fA-F]{2})/;

/** Reads a URL; undefined where Go's `url.Parse` fails. */
export function parseUrl(text: string): ParsedUrl | undefined {
  if (CONTROL.test(text)) return undefined;
  const hash = text.indexOf('#');
  const fragment = hash < 0 ? '' : text.slice(hash + 1);
  const withoutFragment = hash < 0 ? text : text.slice(0, hash);
  if (BAD_ESCAPE.test(fragment)) return undefined;
  const mark = withoutFragment.indexOf('?');
  const query = mark < 0 ? '' : withoutFragment.slice(mark + 1);
  const rest = mark < 0 ? withoutFragment : withoutFragment.slice(0, mark);
  const scheme = /^[a-zA-Z][a-zA-Z0-9+.-]*:/.exec(rest)?.[0] ?? '';
  const behind = rest.slice(scheme.length);
  if (scheme === '' && /^[^/]*:/.test(behind)) return undefined;
  const path = behind.startsWith('//') ? pathBehindHost(behind.slice(2)) : behind;
  if (path === undefined || BAD_ESCAPE.test(path)) return undefined;
  return { path: decode(path), query, fragment: decode(fragment) };
}

function pathBehindHost(text: string): string | undefined {
  const slash = text.indexOf('/');
  const authority = slash < 0 ? text : text.slice(0, slash);
  const at = authority.lastIndexOf('@');
  const user = at < 0 ? '' : authority.slice(0, at);
  // An escape is refused in the name of a host, but for some in brackets.
  const host = authority.slice(at + 1);
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(user) || BAD_ESCAPE.test(user)) return undefined;
  return isHost(host) ? (slash < 0 ? '' : text.slice(slash)) : undefined;
}

function isHost(host: string): boolean {
  if (host.startsWith('[')) {
    const close = host.lastIndexOf(']');
    return close > 0 && isPort(host.slice(close + 1)) && !/[\s"<>\\^`{|}]/.test(host.slice(0, close));
  }
  const colon = host.lastIndexOf(':');
  if (colon >= 0 && !isPort(host.slice(colon))) return false;
  if (BAD_ESCAPE.test(host) || /%[0-7]/i.test(host)) return false;
  return !/[ "\\^`{|}]/.test(host);
}

function isPort(text: string): boolean {
  return text === '' || /^:[0-9]*$/.test(text);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
