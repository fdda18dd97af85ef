import { quote } from '../../lib/text/sanitize.ts';
import { holdsUrlCredentials } from '../../lib/text/url-credentials.ts';
import { plainText } from './basic-parsers.ts';
import { type ParseResult, scalarParser, unlessWrong } from './scalar-parser.ts';

const NAME_HINT = 'A name starts with a letter or "_"; digits, "." and "-" may follow.';

/** The name of a build argument. */
export const argName = scalarParser((value) =>
  unlessWrong(
    !/^[A-Za-z_][A-Za-z0-9_.-]{0,199}$/.test(value),
    value,
    `${quote(value)} is not a valid name of a build argument`,
    NAME_HINT,
  ),
);

/** The value of a build argument. Everyone who has the image can read it. */
export const argValue = scalarParser((value) =>
  unlessWrong(
    holdsUrlCredentials(value),
    value,
    'the build argument contains a URL with credentials, which "docker history" shows to everyone who has the image',
    'Use a build secret: image.secrets: { ID: { env: NAME } } or { ID: { file: PATH } }, and RUN --mount=type=secret,id=ID in the Dockerfile.',
  ),
);

/** The id of a build secret. */
export const secretId = scalarParser((value) =>
  unlessWrong(
    !/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}$/.test(value),
    value,
    `${quote(value)} is not a valid id of a build secret`,
    NAME_HINT,
  ),
);

/** The name of an environment variable. */
export const variable = scalarParser((value) =>
  unlessWrong(
    !/^[A-Za-z_][A-Za-z0-9_]*$/.test(value),
    value,
    `${quote(value)} is not a valid name of an environment variable`,
    'Write the name only: NPM_TOKEN, not ${NPM_TOKEN}.',
  ),
);

/** A build cache of buildx. It becomes a process argument, so it must not contain a secret. */
export const cache = scalarParser((value) => {
  const secret = /(?:^|,)\s*((?:secret_access|account|access)_key|session_token|token|password)\s*=/i.exec(value);
  if (secret === null) return plainText.parse(value);
  return {
    problem: `"${secret[1]}" would put a secret in the arguments of a process, where other users can read it`,
    hint: 'Remove it, and set the environment variable of the cache backend instead, such as AWS_SECRET_ACCESS_KEY.',
  };
});

/** A glob of Python modules, relative to the source root. */
export const glob = scalarParser((value) =>
  unlessWrong(
    /[\x00-\x1f\x7f\\]/.test(value) || value.startsWith('/') || value.split('/').includes('..'),
    value,
    `${quote(value)} is not a glob below the source root`,
    'Write it relative to the source root, with forward slashes: "meridian/**/*.py".',
  ),
);

/** The name of a Cython directive. */
export const directiveName = scalarParser((value) =>
  unlessWrong(
    !/^[A-Za-z_][A-Za-z0-9_.]{0,99}$/.test(value),
    value,
    `${quote(value)} is not a valid name of a Cython directive`,
    NAME_HINT,
  ),
);

/** A Cython directive's value: a boolean, a whole number, or text. */
export const directive = scalarParser((value): ParseResult<string | number | boolean> => {
  if (/^(true|false)$/i.test(value)) return { value: value.toLowerCase() === 'true' };
  if (/^-?[0-9]{1,9}$/.test(value)) return { value: Number(value) };
  return plainText.parse(value);
});
