import { isObjDockerError } from '../errors.ts';
import { parseImageReference, problemOfDomain, problemOfPath, problemOfTag } from '../image-ref.ts';
import { either, holdsUrlCredentials, maskUrlCredentials, quote } from './text.ts';

/** What reading a value came to: the value, or why it is none and what would be right. Never throws. */
export type Reading<T> = { readonly value: T } | { readonly problem: string; readonly hint?: string | undefined };

/** One kind of value that config.yaml holds: how its text is read. Texts are never empty here; empty means not set. */
export interface Kind<T> {
  read(text: string): Reading<T>;
}

// Far beyond any name, path or password; what is longer got here by mistake and is not worth a close look.
const LENGTH_LIMIT = 10_000;

const kind = <T>(read: (text: string) => Reading<T>): Kind<T> => ({
  read: (text) =>
    text.length > LENGTH_LIMIT ? { problem: `the text is longer than ${LENGTH_LIMIT} characters` } : read(text),
});
const unless = (wrong: boolean, text: string, problem: string, hint?: string): Reading<string> =>
  wrong ? { problem, hint } : { value: text };

const NAME_HINT = 'A name starts with a letter or "_"; digits, "." and "-" may follow.';

/** Any text at all: user names, passwords. */
export const text = kind((value) => ({ value }));

/** Text that becomes an argument or a name: no control characters, and no leading `-` that a program would take for an option. */
export const plainText = kind((value) =>
  unless(
    /[\x00-\x1f\x7f]/.test(value) || value.startsWith('-'),
    value,
    `${quote(value)} holds a control character or starts with "-"`,
    'A program would take it for an option.',
  ),
);

/** A user name, which Basic authentication ends at the first colon. */
export const username = kind((value) =>
  unless(/[:\x00-\x1f\x7f]/.test(value), value, 'a user name holds no ":" and no control characters'),
);

/** A boolean as YAML 1.1 and 1.2 spell it, quoted or not. */
export const flag = kind((value): Reading<boolean> => {
  if (/^(true|yes|on)$/i.test(value)) return { value: true };
  if (/^(false|no|off)$/i.test(value)) return { value: false };
  return { problem: `${quote(value)} is neither true nor false`, hint: 'Write true or false.' };
});

/** A TCP port. */
export const port = kind((value): Reading<number> => {
  if (/^[0-9]{1,5}$/.test(value) && Number(value) >= 1 && Number(value) <= 65_535) return { value: Number(value) };
  return { problem: `${quote(value)} is not a port`, hint: 'A port is a number from 1 to 65535.' };
});

/** A positive whole number. */
export const count = kind((value): Reading<number> => {
  if (/^[1-9][0-9]{0,3}$/.test(value)) return { value: Number(value) };
  return { problem: `${quote(value)} is not a number from 1 to 9999`, hint: 'Write a whole number.' };
});

/** A registry's `host[:port]`. */
export const host = kind((value) => {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(value);
  const shown = quote(maskUrlCredentials(value));
  const bare = scheme === null ? value : value.slice(scheme[0].length);
  const name = bare.replace(/^[^/]*@/, '').split('/')[0] ?? '';
  if (scheme !== null) {
    const hint = `Write ${quote(name)}; the scheme is that of the endpoint under mirrors, https without one.`;
    return { problem: `${shown} is a URL, not a host`, hint };
  }
  if (value.includes('/')) {
    return { problem: `${shown} holds a path`, hint: `Write ${quote(name)} here and the project in "project".` };
  }
  const problem = problemOfDomain(value);
  if (problem === undefined) return { value };
  const hint = /^[0-9a-f]*:[0-9a-f:]*:[0-9a-f:]*$/i.test(value)
    ? `An IPv6 address stands in brackets: ${quote(`[${value}]`)}.`
    : 'Write a host, with a port if need be: registry.example.com:5000.';
  return { problem: `${shown} is not a host: ${problem}`, hint };
});

/** What a `mirrors` entry stands for: a registry's `host[:port]`, or `*`. */
export const mirrorHost = kind((value) => (value === '*' ? { value } : host.read(value)));

/** A URL of a registry as a mirror's endpoint: http or https, no query. */
export const endpoint = kind((value) => {
  const shown = quote(maskUrlCredentials(value));
  const hint = 'Write a URL with its scheme: "https://registry.example.com" or "http://10.0.10.5:5000".';
  if (!/^https?:\/\/[^\s\x00-\x1f\\]+$/i.test(value)) return { problem: `${shown} is not an http or https URL`, hint };

  const authority = /^https?:\/\/([^/?#]*)/i.exec(value)?.[1]?.replace(/^.*@/s, '') ?? '';
  const problem = problemOfDomain(authority);
  if (problem !== undefined || !URL.canParse(value)) {
    return { problem: `${shown} is not a URL: ${problem ?? 'it is malformed'}`, hint };
  }
  return unless(/[?#]/.test(value), value, `${shown} has a query or a fragment, which no registry endpoint has`, hint);
});

/** A repository: path components joined by slashes. */
export const repository = kind((value) => {
  const problem = problemOfPath(value);
  if (problem === undefined) return { value };
  const last = value.slice(value.lastIndexOf('/') + 1);
  return {
    problem: `${quote(value)} is not a repository: ${problem}`,
    hint: /[:@]/.test(last)
      ? 'The tag goes in image.tag, the registry in image.registry.'
      : lowerCaseHint(value, (lower) => problemOfPath(lower) === undefined),
  };
});

/** A project: like a repository; Harbor's own have one component. */
export const project = kind((value) => {
  const problem = problemOfPath(value);
  if (problem === undefined) return { value };
  const reason = problem.replaceAll('repository', 'project');
  const hint = lowerCaseHint(value, (lower) => problemOfPath(lower) === undefined);
  return { problem: `${quote(value)} is not a project: ${reason}`, hint };
});

/** An image's tag. */
export const tag = kind((value) => {
  const problem = problemOfTag(value);
  if (problem === undefined) return { value };
  // What CI systems make of a branch's name, and what Helm makes of a version's "+".
  const legal = value
    .replace(/[^A-Za-z0-9_.-]/g, '_')
    .replace(/^[.-]+/, '')
    .slice(0, 128);
  const hint = problemOfTag(legal) === undefined ? `Write ${quote(legal)}, for example.` : undefined;
  return { problem: `${quote(value)} is not a tag: ${problem}`, hint };
});

/** A reference to any image. */
export const reference = kind((value) => {
  try {
    parseImageReference(value);
    return { value };
  } catch (error) {
    if (!isObjDockerError(error)) throw error;
    return { problem: error.message, hint: error.hint };
  }
});

/** A path of a file or folder. */
export const path = kind((value) => {
  if (value.includes('\0')) return { problem: 'a path holds no NUL character' };
  return unless(
    /^([a-z][a-z0-9+.-]*:\/\/|git@)/i.test(value),
    value,
    `${quote(maskUrlCredentials(value))} is a URL, not a path`,
    'Write a path; a relative one starts at the folder of config.yaml.',
  );
});

/** A Dockerfile's stage that is a service; part of an image's name, hence lower case. */
export const service = kind((value) => {
  if (problemOfPath(value) === undefined && !value.includes('/')) return { value };
  return {
    problem: `${quote(value)} is not a service: a service is letters and digits, joined by ".", "_" or "-", in lower case`,
    hint: lowerCaseHint(value, (lower) => problemOfPath(lower) === undefined && !lower.includes('/')),
  };
});

const PLATFORM_ALIASES: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  'x86-64': 'amd64',
  aarch64: 'arm64',
  i386: '386',
  armhf: 'arm/v7',
  armel: 'arm/v6',
};
const SYSTEMS = ['linux', 'windows', 'darwin', 'freebsd'];
const ARCHITECTURES = '386 amd64 arm arm64 loong64 mips mips64 mips64le mipsle ppc64 ppc64le riscv64 s390x wasm'.split(
  ' ',
);

/** `os/arch[/variant]`, with the names that `uname -m` and Debian use for an architecture put right. */
export const platform = kind((value) => {
  const hint = 'Write os/architecture[/variant], one to an entry: "linux/amd64", "linux/arm64", "linux/arm/v7".';
  const [system = '', written = '', ...variant] = value.toLowerCase().split('/');
  const architecture = (Object.hasOwn(PLATFORM_ALIASES, written) ? PLATFORM_ALIASES[written] : written) ?? written;
  const known = SYSTEMS.includes(system) && ARCHITECTURES.includes(architecture.split('/')[0] ?? '');
  return known && variant.length < 2 && variant.every((part) => /^v?[0-9a-z.]+$/.test(part))
    ? { value: [system, architecture, ...variant].join('/') }
    : { problem: `${quote(value)} is not a platform`, hint };
});

/** The name of a build-arg. */
export const argName = kind((value) =>
  unless(
    !/^[A-Za-z_][A-Za-z0-9_.-]{0,199}$/.test(value),
    value,
    `${quote(value)} is not the name of a build-arg`,
    NAME_HINT,
  ),
);

/** The value of a build-arg, which everybody who has the image can read. */
export const argValue = kind((value) =>
  unless(
    holdsUrlCredentials(value),
    value,
    'a build-arg holds a URL with credentials, which "docker history" shows to everybody who has the image; use image.secrets',
    'Write image.secrets: { ID: { env: NAME } } or { ID: { file: PATH } }, and RUN --mount=type=secret,id=ID in the Dockerfile.',
  ),
);

/** The id of a build secret. */
export const secretId = kind((value) =>
  unless(
    !/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}$/.test(value),
    value,
    `${quote(value)} is not the id of a build secret`,
    NAME_HINT,
  ),
);

/** The name of an environment variable. */
export const variable = kind((value) =>
  unless(
    !/^[A-Za-z_][A-Za-z0-9_]*$/.test(value),
    value,
    `${quote(value)} is not the name of an environment variable`,
    'Write the name alone: NPM_TOKEN, not ${NPM_TOKEN}.',
  ),
);

/** A build cache of buildx, which reaches the arguments of a process. */
export const cache = kind((value) => {
  const secret = /(?:^|,)\s*((?:secret_access|account|access)_key|session_token|token|password)\s*=/i.exec(value);
  if (secret === null) return plainText.read(value);
  return {
    problem: `"${secret[1]}" would put a secret in the arguments of a process`,
    hint: "Leave it out and set the backend's own environment variable (AWS_SECRET_ACCESS_KEY, …).",
  };
});

/** A glob of modules, relative to the source root. */
export const glob = kind((value) =>
  unless(
    /[\x00-\x1f\x7f\\]/.test(value) || value.startsWith('/') || value.split('/').includes('..'),
    value,
    `${quote(value)} is not a glob below the source root`,
    'Write it relative to the source root, with forward slashes: "meridian/**/*.py".',
  ),
);

/** The name of a Cython directive. */
export const directiveName = kind((value) =>
  unless(
    !/^[A-Za-z_][A-Za-z0-9_.]{0,99}$/.test(value),
    value,
    `${quote(value)} is not the name of a Cython directive`,
    NAME_HINT,
  ),
);

/** A Cython directive's value: a boolean, a whole number, or text. */
export const directive = kind((value): Reading<string | number | boolean> => {
  if (/^(true|false)$/i.test(value)) return { value: value.toLowerCase() === 'true' };
  if (/^-?[0-9]{1,9}$/.test(value)) return { value: Number(value) };
  return plainText.read(value);
});

/** One of a few words, whatever their case. */
export function oneOf<const W extends string>(words: readonly W[]): Kind<W> {
  return kind((value): Reading<W> => {
    const word = words.find((candidate) => candidate === value.toLowerCase());
    return word === undefined
      ? { problem: `${quote(value)} is none of ${either(words)}`, hint: `Write ${either(words)}.` }
      : { value: word };
  });
}

/** A calendar day. */
export const day = kind((value) => {
  const date = /^\d{4}-\d{2}-\d{2}$/.test(value) ? new Date(`${value}T00:00:00Z`) : undefined;
  const real = date !== undefined && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value);
  return unless(
    !real,
    value,
    `${quote(value)} is not a date`,
    'Write year-month-day: "2026-12-31"; that day still counts, in UTC.',
  );
});

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

/** A length of time, in milliseconds: `90s`, `15m`, `1h30m`. */
export const duration = kind((value): Reading<number> => {
  const hint = 'Write a number and a unit: 90s, 15m, 1h30m.';
  if (!/^([0-9]{1,6}[smh])+$/.test(value)) return { problem: `${quote(value)} is not a length of time`, hint };
  let milliseconds = 0;
  for (const [, amount = '', unit = ''] of value.matchAll(/([0-9]+)([smh])/g)) {
    milliseconds += Number(amount) * (UNITS[unit] ?? 0);
  }
  return milliseconds > 0 ? { value: milliseconds } : { problem: `${quote(value)} is no time at all`, hint };
});

function lowerCaseHint(value: string, legal: (lower: string) => boolean): string | undefined {
  const lower = value.toLowerCase();
  return lower !== value && legal(lower) ? `Write ${quote(lower)}.` : undefined;
}
