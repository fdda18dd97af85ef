// The scheme's length is bounded, or a long word would be tried from each of its letters.
const USERINFO = /([a-z][a-z0-9+.-]{0,30}:\/\/)([^\s/?#@]*(?:@[^\s/?#@]*)*)@/gi;

// `user:password@host` without a scheme; `python:3.12@sha256:…` looks alike. It starts where a word does, which keeps it linear.
const BARE_USERINFO = /(?<![^\s/"'@:])[^\s/"'@:]+:[^\s/"'@]+@(?!sha\d+:)/g;

/** Text with the user and password of its URLs masked, also of a URL without a scheme. */
export function maskUrlCredentials(text: string): string {
  return text.replace(USERINFO, '$1***@').replace(BARE_USERINFO, '***@');
}

/** An address with everything before its last `@` masked, whatever is wrong with it. */
export function maskUserinfo(address: string): string {
  return address.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, '$1***@');
}

/**
 * Whether text holds a URL with a secret in it: `https://user:password@host`, or a user name of 16 or more
 * characters, which is a token. A short one (`ssh://git@host`, `https://org@dev.azure.com`) is no secret.
 */
export function holdsUrlCredentials(text: string): boolean {
  for (const [, , userinfo = ''] of text.matchAll(USERINFO)) {
    const colon = userinfo.indexOf(':');
    if (colon >= 0 ? userinfo.length > colon + 1 : userinfo.length >= 16) return true;
  }
  return false;
}
