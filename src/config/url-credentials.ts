// The scheme's length is bounded, or a long word would be tried from each of its letters.
const USERINFO = /([a-z][a-z0-9+.-]{0,30}:\/\/)([^\s/?#@]*(?:@[^\s/?#@]*)*)@/gi;

// `user:password@host` without a scheme; `python:3.12@sha256:…` looks alike. It starts where a word does, which keeps it linear.
const BARE_USERINFO = /(?<![^\s/"'@:])[^\s/"'@:]+:[^\s/"'@]+@(?!sha\d+:)/g;

/** Text with what stands before `@` in its URLs masked, also where the URL has no scheme. */
export function maskUrlCredentials(text: string): string {
  return text.replace(USERINFO, '$1***@').replace(BARE_USERINFO, '***@');
}

/**
 * Whether text holds a URL with a secret in it: `https://user:password@host`, or a name so long that it is a token.
 * A short name alone (`ssh://git@host`, `https://org@dev.azure.com`) is none.
 */
export function holdsUrlCredentials(text: string): boolean {
  for (const [, , userinfo = ''] of text.matchAll(USERINFO)) {
    const colon = userinfo.indexOf(':');
    if (colon >= 0 ? userinfo.length > colon + 1 : userinfo.length >= 16) return true;
  }
  return false;
}
