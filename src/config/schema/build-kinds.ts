import { quote } from '../../lib/text/sanitize.ts';
import { holdsUrlCredentials } from '../../lib/text/url-credentials.ts';
import { kind, type Reading, unless } from './kind.ts';
import { plainText } from './kinds.ts';

const NAME_HINT = 'A name starts with a letter or "_"; digits, "." and "-" may follow.';

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
