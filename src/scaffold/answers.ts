import { parse as parsePath } from 'node:path/posix';
import { createConfig } from '../config/config.ts';
import * as basics from '../config/schema/basic-parsers.ts';
import * as names from '../config/schema/name-parsers.ts';
import { type ParseResult, type ScalarParser, scalarParser } from '../config/schema/scalar-parser.ts';
import { parseConfigText } from '../config/yaml/document.ts';
import { quote } from '../lib/text/sanitize.ts';
import { didYouMean } from '../lib/text/suggest.ts';
import type { EntryPoint } from './code/entry-points.ts';
import { type ConfigAnswers, configText, DOCKERFILE } from './config-text.ts';
import { isProjectPath } from './requirements.ts';

/** A service and what starts it. */
export interface ServiceAnswer {
  /** The stage in the Dockerfile, and the first part of the image name. */
  readonly name: string;
  readonly entry: EntryPoint;
}

/** Names of the other stages in the Dockerfile. `runtime-…` and `venv-…` belong to the tiers, `compile-…` to the services. */
const RESERVED_STAGE = /^(builder|packages|compiler|checks|shared|runtime|scratch|(venv|runtime|compile)-.*)$/;
/** Top-level keys of config.yaml that are not packages. */
const TOP_KEYS = ['active', 'docker'];

const VALID_ANSWERS: ConfigAnswers = {
  package: 'package',
  type: 'harbor',
  host: 'registry.example.com',
  project: 'project',
  username: undefined,
  passwordFile: undefined,
  services: ['service'],
  baseImage: 'base',
  baseRuntimeImage: 'base',
  dockerfile: DOCKERFILE,
  compile: undefined,
  schema: undefined,
};

/** Accepts a text that is valid in config.yaml. `place` puts it into the answers. */
function configAnswer(
  base: ScalarParser<unknown>,
  place: (text: string) => Partial<ConfigAnswers>,
): ScalarParser<string> {
  return scalarParser((value): ParseResult<string> => {
    const result = base.parse(value);
    if ('problem' in result) return result;
    const config = createConfig(parseConfigText(configText({ ...VALID_ANSWERS, ...place(value) }), 'config.yaml'), {
      env: {},
      strict: true,
    });
    const [issue] = config.check();
    return issue === undefined ? { value } : { problem: issue.message, hint: issue.hint };
  });
}

export const packageAnswer = configAnswer(
  scalarParser((value): ParseResult<string> => {
    if (TOP_KEYS.includes(value)) {
      return {
        problem: `${quote(value)} is a reserved key of config.yaml`,
        hint: 'Choose another name for the package.',
      };
    }
    return 'value' in names.service.parse(value)
      ? { value }
      : {
          problem: `${quote(value)} cannot be part of an image name, and images are named <service>-<package>`,
          hint: 'Use lower-case letters and digits, joined by ".", "_" or "-".',
        };
  }),
  (value) => ({ package: value }),
);
/** Checked for a Harbor, which has stricter rules than a plain registry. */
export const hostAnswer = configAnswer(names.host, (host) => ({ host }));
export const projectAnswer = configAnswer(names.project, (project) => ({ project }));
export const usernameAnswer = configAnswer(basics.username, (username) => ({ username }));
export const passwordFileAnswer = configAnswer(
  scalarParser((value) => {
    const result = basics.path.parse(value);
    return 'value' in result ? basics.plainText.parse(value) : result;
  }),
  (passwordFile) => ({ username: 'user', passwordFile }),
);
/** A base image. */
export const imageAnswer = configAnswer(names.reference, (baseImage) => ({ baseImage }));

/** The URL path of a health check. */
export const healthPathAnswer = scalarParser(
  (value): ParseResult<string> =>
    /^\/[\w./~-]{0,200}$/.test(value)
      ? { value }
      : { problem: `${quote(value)} is not a URL path`, hint: 'Write a path that starts with "/": /healthz.' },
);

/** A path in the project that is valid in the Dockerfile. */
export const projectPathAnswer = scalarParser((value): ParseResult<string> => {
  const path = value === '.' ? value : value.replace(/^(\.\/)+/, '').replace(/\/+$/, '');
  if (path === '.' || isProjectPath(path)) return { value: path };
  return {
    problem: `${quote(value)} is not a path that the Dockerfile can copy`,
    hint: 'Write a path below the project folder, with letters, digits, ".", "_", "+" and "-" only.',
  };
});

/** `NAME` for an entry point that was found, or `NAME=ENTRY`. */
export function serviceAnswer(
  found: readonly (EntryPoint & { readonly name: string | undefined })[],
  folder: string,
): ScalarParser<ServiceAnswer> {
  return scalarParser((value): ParseResult<ServiceAnswer> => {
    const [name = '', written] = value.split(/=(.*)/s, 2);
    const result = names.service.parse(name);
    if ('problem' in result) return result;
    if (!/^[a-z]/.test(name)) {
      return { problem: `${quote(name)} is not a valid name of a stage`, hint: 'Start the name with a letter.' };
    }
    if (RESERVED_STAGE.test(name)) {
      return {
        problem: `the Dockerfile has another stage with the name ${quote(name)}`,
        hint: `Choose another name, for example ${quote(`${name}-service`)}.`,
      };
    }
    const candidates =
      written === undefined
        ? [...found.filter((entry) => entry.name === name), ...found.filter(({ module }) => lastPart(module) === name)]
        : found.filter(({ target }) => target === written);
    const [entry] = candidates;
    if (entry !== undefined) return { value: { name, entry } };
    const targets = found.map(({ target }) => target);
    const near = didYouMean(written ?? name, targets);
    return {
      problem: `service ${quote(name)}: there is no ${missing(written ?? name, folder)}${near}`,
      hint: 'A service is a Python package with a __main__.py, a web application (shop.main:app), a script of pyproject.toml, or a module beside them. Write NAME=ENTRY to give it another name.',
    };
  });
}

function missing(target: string, folder: string): string {
  if (target.includes(':')) return `application or script ${quote(target)}`;
  const path = parsePath(`${folder === '.' ? '' : `${folder}/`}${target.replaceAll('.', '/')}/__main__.py`);
  return quote(`${path.dir}/${path.base}`);
}

/** Returns the default name of a package's service: `meridian-api` for `meridian.api`. Undefined when it is not a valid name. */
export function serviceName(module: string): string | undefined {
  const name = module
    .toLowerCase()
    .replaceAll('.', '-')
    .replace(/_+/g, '-')
    .replace(/^-+|-+$/g, '');
  const legal = 'value' in names.service.parse(name) && /^[a-z]/.test(name) && !RESERVED_STAGE.test(name);
  return legal ? name : undefined;
}

function lastPart(module: string): string | undefined {
  return serviceName(module.split('.').at(-1) ?? '');
}
