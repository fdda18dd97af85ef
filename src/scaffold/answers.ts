import { parse as parsePath } from 'node:path/posix';
import { createConfig } from '../config/config.ts';
import * as basics from '../config/schema/basic-parsers.ts';
import * as names from '../config/schema/name-parsers.ts';
import { type ParseResult, type ScalarParser, scalarParser } from '../config/schema/scalar-parser.ts';
import { parseConfigText } from '../config/yaml/document.ts';
import { quote } from '../lib/text/sanitize.ts';
import { didYouMean } from '../lib/text/suggest.ts';
import { type ConfigAnswers, configText } from './config-text.ts';
import type { PythonSources } from './python-sources.ts';
import { isProjectPath } from './requirements.ts';

/** A service and the package that `python -m` runs for it. */
export interface ServiceAnswer {
  /** The target of the Dockerfile, and the first part of the image's name. */
  readonly name: string;
  /** `meridian.api` */
  readonly module: string;
}

/** Stages that the Dockerfile has anyway; `runtime-…` and `venv-…` are those of the tiers. */
const RESERVED_STAGE = /^(builder|packages|compiler|shared|runtime|scratch|(venv|runtime)-.*)$/;
/** Keys at the top of config.yaml that are no packages. */
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
  pythonSource: 'src',
  schema: undefined,
};

/** Text that config.yaml itself would take at its place, by the same rules; variables are for people who write config.yaml. */
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
      return { problem: `${quote(value)} is a key of config.yaml itself`, hint: 'Give the package another name.' };
    }
    return 'value' in names.service.parse(value)
      ? { value }
      : {
          problem: `${quote(value)} cannot be part of an image's name, as a package's name is`,
          hint: 'Name the package in lower case: letters and digits, joined by ".", "_" or "-".',
        };
  }),
  (value) => ({ package: value }),
);
/** As an answer to `harbor`, which is the stricter of the two. */
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
/** An image that can stand in the Dockerfile, too. */
export const imageAnswer = configAnswer(names.reference, (baseImage) => ({ baseImage }));

/** The path that a health check asks for. */
export const healthPathAnswer = scalarParser(
  (value): ParseResult<string> =>
    /^\/[\w./~-]{0,200}$/.test(value)
      ? { value }
      : { problem: `${quote(value)} is not a path of a URL`, hint: 'Write it from its first "/": /healthz.' },
);

/** A file or folder of the project that the Dockerfile can name. */
export const projectPathAnswer = scalarParser((value): ParseResult<string> => {
  const path = value === '.' ? value : value.replace(/^(\.\/)+/, '').replace(/\/+$/, '');
  if (path === '.' || isProjectPath(path)) return { value: path };
  return {
    problem: `${quote(value)} cannot be a path in this Dockerfile`,
    hint: 'Write a path below the project, of letters, digits, ".", "_", "+" and "-".',
  };
});

/** `NAME`, a package that was found, or `NAME=MODULE`. */
export function serviceAnswer(sources: PythonSources | undefined): ScalarParser<ServiceAnswer> {
  const runnable = sources?.runnable ?? [];
  return scalarParser((value): ParseResult<ServiceAnswer> => {
    const [name = '', written] = value.split(/=(.*)/s, 2);
    const result = names.service.parse(name);
    if ('problem' in result) return result;
    if (!/^[a-z]/.test(name)) {
      return { problem: `${quote(name)} cannot be a stage of a Dockerfile`, hint: 'Begin with a letter.' };
    }
    if (RESERVED_STAGE.test(name)) {
      return {
        problem: `the Dockerfile has a stage ${quote(name)} of its own`,
        hint: `Write ${quote(`${name}-service`)}.`,
      };
    }
    const candidates = written === undefined ? runnable.filter((module) => isCalled(module, name)) : [written];
    const module = candidates.find((candidate) => serviceName(candidate) === name) ?? candidates[0];
    if (module !== undefined && runnable.includes(module)) return { value: { name, module } };
    const folder = sources?.folder ?? '.';
    const path = parsePath(`${folder === '.' ? '' : `${folder}/`}${(module ?? name).replaceAll('.', '/')}/__main__.py`);
    const near = didYouMean(module ?? name, runnable);
    return {
      problem: `service ${quote(name)}: there is no ${quote(`${path.dir}/${path.base}`)}${near}`,
      hint: 'A service is a package with a __main__.py, which "python -m" runs; NAME=PACKAGE gives it another name than its own.',
    };
  });
}

/** What a package's service is called: `meridian.api` is `meridian-api`; undefined where that would be no name. */
export function serviceName(module: string): string | undefined {
  const name = module
    .toLowerCase()
    .replaceAll('.', '-')
    .replace(/_+/g, '-')
    .replace(/^-+|-+$/g, '');
  const legal = 'value' in names.service.parse(name) && /^[a-z]/.test(name) && !RESERVED_STAGE.test(name);
  return legal ? name : undefined;
}

function isCalled(module: string, name: string): boolean {
  return serviceName(module) === name || serviceName(module.split('.').at(-1) ?? '') === name;
}
