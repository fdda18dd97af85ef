import { formatImageReference } from '../../image-ref.ts';
import { splitPort } from '../../lib/host.ts';
import { quote } from '../../lib/text/sanitize.ts';
import { suggest } from '../../lib/text/suggest.ts';
import { imageHost, isSameHost, registryHost, registryScheme } from '../hosts.ts';
import { DEFAULT_NAME } from '../image-name.ts';
import { credentialSections, type PackageValues, ValueUnknownError } from '../package-values.ts';
import * as basics from '../schema/basic-parsers.ts';
import * as names from '../schema/name-parsers.ts';
import type { ConfigProblem } from '../yaml/document.ts';
import { type AllowanceCheck, checkAllowanceDates } from './allowance-dates.ts';
import { formatKeyPath, type KeyPath } from './issues.ts';

/** A check that reads more than one key. It returns problems and has no side effects. */
export type Rule = (values: PackageValues) => readonly ConfigProblem[];

const REGISTRY_TYPE = ['registry', 'type'];

/** Whether `registry.type` is `harbor`, in upper or lower case. */
export function isHarbor(values: PackageValues): boolean {
  return values.text(REGISTRY_TYPE)?.toLowerCase() === 'harbor';
}

const typeLooksMisspelled: Rule = (values) => {
  const type = values.text(REGISTRY_TYPE)?.toLowerCase();
  if (type === undefined || type === 'harbor' || suggest(type, ['harbor', 'registry']) !== 'harbor') return [];
  const message = `${quote(type)} means a plain registry (did you mean "harbor"?)`;
  return [
    {
      severity: 'warning',
      path: values.path(REGISTRY_TYPE),
      message,
      hint: 'Write "harbor", or "registry" for a plain registry.',
    },
  ];
};

const portWrittenTwice =
  (hostKey: KeyPath, portKey: KeyPath): Rule =>
  (values) => {
    const host = values.value(hostKey, names.host);
    const own = host === undefined ? undefined : splitPort(host).port;
    const port = values.value(portKey, basics.port);
    if (port === undefined || own === undefined || Number(own) === port) return [];
    const message = `the port is ${port}, and the host ${quote(host ?? '')} has a different port`;
    return [{ path: values.path(portKey), message, hint: 'Remove one of the two ports.' }];
  };

const portWithoutHost =
  (hostKey: KeyPath, portKey: KeyPath): Rule =>
  (values) => {
    if (!values.isWritten(portKey) || values.isWritten(hostKey)) return [];
    const message = `has no effect without ${hostKey.join('.')}`;
    return [
      {
        path: values.path(portKey),
        message,
        hint: `Set ${hostKey.join('.')}, or write the port into the key that has the host.`,
      },
    ];
  };

const hostIsMissing: Rule = (values) => {
  const keys = [
    ['registry', 'host'],
    ['docker', 'registryhost'],
    ['image', 'registry'],
  ];
  if (keys.some((key) => values.isWritten(key))) return [];
  const message = 'is missing: the config has no registry host';
  const hint = 'Set registry.host, docker.registryhost or image.registry.';
  return [{ path: values.path(['registry', 'host']), message, hint }];
};

const harborHasOneHost: Rule = (values) => {
  if (!isHarbor(values)) return [];
  const own = registryHost(values);
  const image = values.value(['image', 'registry'], names.host);
  if (own === undefined || image === undefined || isSameHost(own, image, registryScheme(values, own))) return [];
  const message = `image names would have the host ${quote(image)}, but the Harbor is ${quote(own)}`;
  const hint = `Write ${quote(own)}, or remove the key. The two may differ only for a plain registry.`;
  return [{ path: values.path(['image', 'registry']), message, hint }];
};

const hostLooksLikeHubUser: Rule = (values) => {
  const host = imageHost(values);
  if (host === undefined || host === 'localhost' || /[.:]/.test(host) || host !== host.toLowerCase()) return [];
  const key = [
    ['image', 'registry'],
    ['registry', 'host'],
  ].find((written) => values.isWritten(written));
  const message = `Docker would read ${quote(host)} as a user of Docker Hub, because it has no dot and no port`;
  const path = values.path(key ?? ['docker', 'registryhost']);
  return [{ path, message, hint: `Write the full host name, or add the port: ${quote(`${host}:443`)}.` }];
};

const harborNeedsProject: Rule = (values) => {
  if (!isHarbor(values)) return [];
  const project = values.value(['registry', 'project'], names.project);
  const path = values.path(['registry', 'project']);
  if (project === undefined) {
    return [{ path, message: 'is missing: a Harbor needs a project', hint: 'Write the name of the Harbor project.' }];
  }
  if (!project.includes('/')) return [];
  return [{ path, message: `${quote(project)} is not a Harbor project: it contains "/"`, hint: projectHint(project) }];
};

function projectHint(project: string): string {
  const [first = '', ...rest] = project.split('/');
  return `Write ${quote(first)} here, and ${quote(`${rest.join('/')}/`)} at the start of image.repository.`;
}

const repositoryHoldsHost: Rule = (values) => {
  const host = imageHost(values);
  const repository = values.value(['image', 'repository'], names.repository);
  if (host === undefined || repository === undefined || !repository.startsWith(`${host}/`)) return [];
  const hint = `Write ${quote(repository.slice(host.length + 1))}. The host is added to it.`;
  return [
    {
      path: values.path(['image', 'repository']),
      message: `${quote(repository)} starts with the registry's host`,
      hint,
    },
  ];
};

const nameIsLegal: Rule = (values) => {
  const host = imageHost(values);
  const repository = values.value(['image', 'repository'], names.repository);
  const tag = values.value(['image', 'tag'], names.tag);
  const project = isHarbor(values) ? values.value(['registry', 'project'], names.project) : undefined;
  if (host === undefined || repository === undefined) return [];
  const path = project === undefined ? repository : `${project}/${repository}`;
  const result = names.reference.parse(
    formatImageReference({ domain: host, path, ...(tag === undefined ? {} : { tag }) }),
  );
  if ('value' in result) return [];
  return [{ path: values.path(['image', 'repository']), message: result.problem, hint: result.hint }];
};

const packageNamesImages: Rule = (values) => {
  const services = values.list(['image', 'services'], names.service);
  const path = values.path(['image', 'services']);
  const twice = services.filter((service, index) => services.indexOf(service) !== index);
  const problems: ConfigProblem[] = [...new Set(twice)].map((service) => ({
    path,
    message: `${quote(service)} is in the list twice`,
    hint: 'Remove one of the two.',
  }));
  const template = values.value(['image', 'name'], names.imageName) ?? DEFAULT_NAME;
  const isNamed = services.length > 0 && template.includes('{package}');
  if (isNamed && 'problem' in names.service.parse(values.source.name)) {
    const message = `${quote(values.source.name)} cannot be part of an image name, and images are named ${template}`;
    problems.push({
      path: [values.source.name],
      message,
      hint: 'Rename the package. Use lower-case letters and digits, joined by ".", "_" or "-".',
    });
  }
  return problems;
};

const oneCredential: Rule = (values) =>
  credentialSections(values).flatMap((section) => {
    const [user, password, file] = ['username', 'password', 'passwordFile'].map((key) => [...section, key]);
    if (user === undefined || password === undefined || file === undefined) return [];
    const problems: ConfigProblem[] = [];
    if (values.isWritten(password) && values.isWritten(file)) {
      problems.push({
        path: values.path(file),
        message: 'cannot be combined with password',
        hint: 'Keep one of password and passwordFile.',
      });
    }
    if ((values.isWritten(password) || values.isWritten(file)) && !values.isWritten(user)) {
      const given = values.isWritten(password) ? password : file;
      problems.push({
        path: values.path(given),
        message: 'has no effect without username',
        hint: `Set ${formatKeyPath(user)}.`,
      });
    }
    return problems;
  });

const certificateHasKey: Rule = (values) =>
  values.keys(['registry', 'configs']).flatMap((host) => {
    const [cert, key] = ['cert', 'key'].map((name) => ['registry', 'configs', host, name]);
    if (cert === undefined || key === undefined || values.isWritten(cert) === values.isWritten(key)) return [];
    const [given, missing] = values.isWritten(cert) ? [cert, 'key'] : [key, 'cert'];
    return [{ path: values.path(given), message: `has no effect without ${missing}`, hint: `Add ${missing}.` }];
  });

const secretHasOneSource: Rule = (values) =>
  values.keys(['image', 'secrets']).flatMap((id) => {
    const key = ['image', 'secrets', id];
    const env = values.isWritten([...key, 'env']);
    const file = values.isWritten([...key, 'file']);
    if (env !== file) return [];
    const message = env ? 'has both env and file' : 'has neither env nor file';
    return [{ path: values.path(key), message, hint: 'Write { env: NAME } or { file: PATH }.' }];
  });

/** The rules for `registry.host`, which a command enforces before it uses the host. */
export const registryHostRules: readonly Rule[] = [
  portWrittenTwice(['registry', 'host'], ['registry', 'port']),
  portWithoutHost(['registry', 'host'], ['registry', 'port']),
  portWrittenTwice(['docker', 'registryhost'], ['docker', 'registryport']),
  portWithoutHost(['docker', 'registryhost'], ['docker', 'registryport']),
  hostIsMissing,
];

/** The rules for the host in image names. */
export const imageHostRules: readonly Rule[] = [...registryHostRules, harborHasOneHost, hostLooksLikeHubUser];

/** The rules for the project. */
export const projectRules: readonly Rule[] = [harborNeedsProject];

/** The rules for the services. */
export const serviceRules: readonly Rule[] = [packageNamesImages];

/** All rules that depend on the file alone. */
const allRules: readonly Rule[] = [
  typeLooksMisspelled,
  ...imageHostRules,
  ...projectRules,
  repositoryHoldsHost,
  nameIsLegal,
  ...serviceRules,
  oneCredential,
  certificateHasKey,
  secretHasOneSource,
];

/** Returns the problems of all rules. Rules that need an unknown value are skipped. */
export function applyRules(values: PackageValues, allowances: AllowanceCheck): readonly ConfigProblem[] {
  const rules = [...allRules, (known: PackageValues) => checkAllowanceDates(known, allowances)];
  return rules.flatMap((rule) => {
    try {
      return rule(values);
    } catch (error) {
      // A rule with an unknown value is enforced when the value is read. The schema has already reported an invalid value.
      if (error instanceof ValueUnknownError || isValueError(error)) return [];
      throw error;
    }
  });
}

/** Throws the first error that the rules find. */
export function enforce(rules: readonly Rule[], values: PackageValues): void {
  for (const rule of rules) {
    const problem = rule(values).find(({ severity }) => severity !== 'warning');
    if (problem !== undefined) throw values.error(problem);
  }
}

function isValueError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'CONFIG_INVALID';
}
