import { formatImageReference } from '../../image-ref.ts';
import { splitPort } from '../../lib/host.ts';
import { quote } from '../../lib/text/sanitize.ts';
import { suggest } from '../../lib/text/suggest.ts';
import { imageHost, isSameHost, registryHost, registryScheme } from '../hosts.ts';
import * as kinds from '../schema/kinds.ts';
import * as names from '../schema/name-kinds.ts';
import { Deferred, type Values } from '../values.ts';
import type { Finding } from '../yaml/document.ts';
import type { KeyPath } from './issues.ts';

/** A check that looks at more than one key. Pure: it says what is wrong and changes nothing. */
export type Rule = (values: Values) => readonly Finding[];

const REGISTRY_TYPE = ['registry', 'type'];

/** Whether `registry.type` says Harbor, in whatever case. */
export function isHarbor(values: Values): boolean {
  return values.text(REGISTRY_TYPE)?.toLowerCase() === 'harbor';
}

const typeLooksMisspelt: Rule = (values) => {
  const type = values.text(REGISTRY_TYPE)?.toLowerCase();
  if (type === undefined || type === 'harbor' || suggest(type, ['harbor', 'registry']) !== 'harbor') return [];
  const message = `${quote(type)} is taken for a plain registry (did you mean "harbor"?)`;
  return [{ severity: 'warning', path: values.path(REGISTRY_TYPE), message, hint: 'Write "registry" when it is one.' }];
};

const portWrittenTwice =
  (hostKey: KeyPath, portKey: KeyPath): Rule =>
  (values) => {
    const host = values.value(hostKey, names.host);
    const own = host === undefined ? undefined : splitPort(host).port;
    const port = values.value(portKey, kinds.port);
    if (port === undefined || own === undefined || Number(own) === port) return [];
    const message = `the port is ${port}, and the host ${quote(host ?? '')} has another`;
    return [{ path: values.path(portKey), message, hint: 'Write the port once.' }];
  };

const portWithoutHost =
  (hostKey: KeyPath, portKey: KeyPath): Rule =>
  (values) => {
    if (!values.isWritten(portKey) || values.isWritten(hostKey)) return [];
    const message = `there is a port, and no ${hostKey.at(-1)} that it belongs to`;
    return [
      {
        path: values.path(portKey),
        message,
        hint: `Write ${hostKey.join('.')}, or the port into the host where that is.`,
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
  const message = 'no registry is named';
  const hint = 'Write the host of the registry here, as docker.registryhost, or as image.registry.';
  return [{ path: values.path(['registry', 'host']), message, hint }];
};

const harborHasOneHost: Rule = (values) => {
  if (!isHarbor(values)) return [];
  const own = registryHost(values);
  const image = values.value(['image', 'registry'], names.host);
  if (own === undefined || image === undefined || isSameHost(own, image, registryScheme(values, own))) return [];
  const message = `the images would be named for ${quote(image)}, and the harbor is ${quote(own)}`;
  const hint = `Write ${quote(own)}, or leave the key out; with a registry.type other than "harbor" the two may differ.`;
  return [{ path: values.path(['image', 'registry']), message, hint }];
};

const hostLooksLikeHubUser: Rule = (values) => {
  const host = imageHost(values);
  if (host === undefined || host === 'localhost' || /[.:]/.test(host) || host !== host.toLowerCase()) return [];
  const key = [
    ['image', 'registry'],
    ['registry', 'host'],
  ].find((written) => values.isWritten(written));
  const message = `Docker takes ${quote(host)} for a user of Docker Hub, because it has neither a dot nor a port`;
  const path = values.path(key ?? ['docker', 'registryhost']);
  return [{ path, message, hint: `Write its full name, or its port: ${quote(`${host}:443`)}.` }];
};

const harborNeedsProject: Rule = (values) => {
  if (!isHarbor(values)) return [];
  const project = values.value(['registry', 'project'], names.project);
  const path = values.path(['registry', 'project']);
  if (project === undefined) {
    return [
      { path, message: 'is missing, and registry.type is harbor', hint: 'Write the Harbor project of the images.' },
    ];
  }
  if (!project.includes('/')) return [];
  return [
    { path, message: `${quote(project)} is not a project: a Harbor project holds no "/"`, hint: projectHint(project) },
  ];
};

function projectHint(project: string): string {
  const [first = '', ...rest] = project.split('/');
  return `Write ${quote(first)} here and put ${quote(rest.join('/'))} before image.repository.`;
}

const repositoryHoldsHost: Rule = (values) => {
  const host = imageHost(values);
  const repository = values.value(['image', 'repository'], names.repository);
  if (host === undefined || repository === undefined || !repository.startsWith(`${host}/`)) return [];
  const hint = `Write ${quote(repository.slice(host.length + 1))}; the registry is put before it.`;
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
  if (host === undefined || repository === undefined || tag === undefined) return [];
  const path = project === undefined ? repository : `${project}/${repository}`;
  const reading = names.reference.read(formatImageReference({ domain: host, path, tag }));
  if ('value' in reading) return [];
  return [{ path: values.path(['image', 'repository']), message: reading.problem, hint: reading.hint }];
};

const packageNamesImages: Rule = (values) => {
  const services = values.list(['image', 'services'], names.service);
  const path = values.path(['image', 'services']);
  const twice = services.filter((service, index) => services.indexOf(service) !== index);
  const findings: Finding[] = [...new Set(twice)].map((service) => ({
    path,
    message: `${quote(service)} is listed twice`,
  }));
  if (services.length > 0 && 'problem' in names.service.read(values.source.name)) {
    const message = `the images are named <service>-<package>, and ${quote(values.source.name)} cannot be part of an image's name`;
    findings.push({
      path: [values.source.name],
      message,
      hint: 'Name the package in lower case: letters and digits, joined by ".", "_" or "-".',
    });
  }
  return findings;
};

const oneCredential =
  (...section: string[]): Rule =>
  (values) => {
    const [user, password, file] = ['username', 'password', 'passwordFile'].map((key) => [...section, key]);
    if (user === undefined || password === undefined || file === undefined) return [];
    const findings: Finding[] = [];
    if (values.isWritten(password) && values.isWritten(file)) {
      findings.push({
        path: values.path(file),
        message: 'there is a password as well',
        hint: 'Keep one of password and passwordFile.',
      });
    }
    if ((values.isWritten(password) || values.isWritten(file)) && !values.isWritten(user)) {
      const given = values.isWritten(password) ? password : file;
      findings.push({
        path: values.path(given),
        message: 'there is no username that it belongs to',
        hint: `Write ${user.join('.')}.`,
      });
    }
    return findings;
  };

const secretHasOneSource: Rule = (values) =>
  values.keys(['image', 'secrets']).flatMap((id) => {
    const key = ['image', 'secrets', id];
    const env = values.isWritten([...key, 'env']);
    const file = values.isWritten([...key, 'file']);
    if (env !== file) return [];
    const message = env ? 'has both env and file' : 'has neither env nor file';
    return [{ path: values.path(key), message, hint: 'Write one of { env: NAME } and { file: PATH }.' }];
  });

/** What must hold before a registry's host can be used. */
export const registryHostRules: readonly Rule[] = [
  portWrittenTwice(['registry', 'host'], ['registry', 'port']),
  portWithoutHost(['registry', 'host'], ['registry', 'port']),
  portWrittenTwice(['docker', 'registryhost'], ['docker', 'registryport']),
  portWithoutHost(['docker', 'registryhost'], ['docker', 'registryport']),
  hostIsMissing,
];

/** What must hold before the host in image names can be used. */
export const imageHostRules: readonly Rule[] = [...registryHostRules, harborHasOneHost, hostLooksLikeHubUser];

/** What must hold before a project can be used. */
export const projectRules: readonly Rule[] = [harborNeedsProject];

/** What must hold before the services can be used. */
export const serviceRules: readonly Rule[] = [packageNamesImages];

const allRules: readonly Rule[] = [
  typeLooksMisspelt,
  ...imageHostRules,
  ...projectRules,
  repositoryHoldsHost,
  nameIsLegal,
  ...serviceRules,
  oneCredential('registry'),
  oneCredential('registry', 'pull'),
  secretHasOneSource,
];

/** Every finding of every rule that can be decided with what the values know. */
export function applyRules(values: Values): readonly Finding[] {
  return allRules.flatMap((rule) => {
    try {
      return rule(values);
    } catch (error) {
      // Deferred: checked when the value is read. CONFIG_INVALID: the schema has already reported that very value.
      if (error instanceof Deferred || isValueError(error)) return [];
      throw error;
    }
  });
}

/** Throws the first error that one of the rules finds. */
export function enforce(rules: readonly Rule[], values: Values): void {
  for (const rule of rules) {
    const finding = rule(values).find(({ severity }) => severity !== 'warning');
    if (finding !== undefined) throw values.error(finding);
  }
}

function isValueError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'CONFIG_INVALID';
}
