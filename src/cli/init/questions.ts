import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { kind, type Reading } from '../../config/schema/kind.ts';
import * as kinds from '../../config/schema/kinds.ts';
import { quote } from '../../lib/text/sanitize.ts';
import type { ServiceAnswer } from '../../scaffold/answers.ts';
import * as answers from '../../scaffold/answers.ts';
import { type FoundProject, findProject } from '../../scaffold/project.ts';
import { requirementsOf } from '../../scaffold/requirements.ts';
import type { ScaffoldAnswers } from '../../scaffold/scaffold.ts';
import type { CommandContext } from '../framework/command.ts';
import { type GivenOptions, textOf, textsOf } from '../framework/option-values.ts';
import type { InitAnswers } from './answers.ts';

export interface InitInput {
  readonly context: CommandContext;
  /** The project's folder. */
  readonly folder: string;
  readonly given: GivenOptions;
  readonly ask: InitAnswers;
}

export interface InitResult {
  readonly found: FoundProject;
  readonly answers: ScaffoldAnswers;
}

/**
 * Everything that `init` has to know, from flags, questions, and what lies in the folder.
 *
 * @throws {ObjDockerError} USAGE with all that is wrong or missing; CANCELLED.
 */
export async function askForProject(input: InitInput): Promise<InitResult> {
  const { context, given, ask } = input;
  const found = await findWithSources(input);
  const { sources } = found;
  const name = await ask.one({
    flag: '--package NAME',
    question: 'Name of the package',
    given: context.globals.package,
    found: found.package,
    kind: answers.packageAnswer,
  });
  const services = await askForServices(input, found);
  const withRequirements = await askForRequirements(input, { found, services });
  const registry = await askForRegistry(input);
  const images = await askForImages(input, found.pythonVersion);
  const port = textOf(given, 'port');
  const portNumber = port === undefined ? 8080 : ask.read('--port', kinds.port, port);
  const path = textOf(given, 'healthPath');
  const healthPath = path === undefined ? undefined : ask.read('--health-path', answers.healthPathAnswer, path);
  ask.finish();
  const { host, type } = registry;
  const { baseImage, baseRuntimeImage } = images;
  if (
    name === undefined ||
    sources === undefined ||
    type === undefined ||
    host === undefined ||
    baseImage === undefined ||
    baseRuntimeImage === undefined ||
    portNumber === undefined
  ) {
    throw new Error('an answer is missing, and nobody has said so');
  }
  const login = { username: registry.username, passwordFile: registry.passwordFile };
  return {
    found,
    answers: {
      package: name,
      ...{ type, host, project: registry.project, ...login },
      ...{ sources, services: withRequirements, baseImage, baseRuntimeImage, port: portNumber, healthPath },
    },
  };
}

async function findWithSources({ context, folder, given, ask }: InitInput): Promise<FoundProject> {
  const { environment, signal } = context;
  const flag = '--source FOLDER';
  const text = textOf(given, 'source');
  const source = text === undefined ? undefined : ask.read(flag, answers.projectPathAnswer, text);
  const found = await findProject(folder, { environment, source, signal });
  if (found.sources !== undefined || (text !== undefined && source === undefined)) return found;
  if (source !== undefined) ask.refuse(flag, `there is no Python module below ${quote(source)}`);
  else
    ask.refuse(
      flag,
      'there is no Python module in src, nor in a package in this folder',
      'Name the folder that holds the Python packages.',
    );
  ask.finish();
  return found;
}

async function askForServices({ given, ask }: InitInput, found: FoundProject): Promise<readonly ServiceAnswer[]> {
  const flag = '--service NAME[=PACKAGE]';
  const one = answers.serviceAnswer(found.sources);
  const written = textsOf(given, 'service');
  const services =
    written === undefined
      ? await ask.one({
          flag,
          question: 'Services, with commas between them',
          found: found.services.length === 0 ? undefined : found.services.join(', '),
          kind: kind((value) => readAll(value.split(','), one)),
        })
      : written.map((text) => ask.read(flag, one, text)).filter((service) => service !== undefined);
  const names = (services ?? []).map(({ name }) => name);
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  for (const name of new Set(twice)) ask.refuse(flag, `${quote(name)} is named twice`);
  return services ?? [];
}

function readAll<T>(texts: readonly string[], one: { read(text: string): Reading<T> }): Reading<readonly T[]> {
  const values: T[] = [];
  for (const text of texts.map((part) => part.trim()).filter((part) => part !== '')) {
    const reading = one.read(text);
    if ('problem' in reading) return reading;
    values.push(reading.value);
  }
  return values.length === 0 ? { problem: 'there is no service in it' } : { value: values };
}

async function askForRequirements(
  { folder, given, ask }: InitInput,
  { found, services }: { readonly found: FoundProject; readonly services: readonly ServiceAnswer[] },
): Promise<ScaffoldAnswers['services']> {
  const flag = '--requirements [SERVICE=]FILE';
  const written = new Map<string, string>();
  for (const text of textsOf(given, 'requirements') ?? []) {
    const [service, file] = text.includes('=') ? text.split(/=(.*)/s, 2) : ['', text];
    const path = ask.read(flag, answers.projectPathAnswer, file ?? '');
    if (path === undefined) continue;
    if (service !== '' && !services.some(({ name }) => name === service)) {
      ask.refuse(flag, `there is no service ${quote(service ?? '')}`);
    } else if (!(await isThere(join(folder, path)))) ask.refuse(flag, `there is no file ${quote(path)}`);
    else written.set(service ?? '', path);
  }
  const root = found.sources === undefined || found.sources.folder === '.' ? '' : `${found.sources.folder}/`;
  const result = [];
  for (const service of services) {
    const path = written.get(service.name) ?? written.get('');
    const own = `${root}${service.module.replaceAll('.', '/')}`;
    const guess =
      path === undefined ? requirementsOf({ name: service.name, folder: own }, found.requirements) : { path };
    const requirements =
      guess === undefined
        ? await ask.one({
            flag: `--requirements ${service.name}=FILE`,
            question: `Requirements of ${service.name} (${found.requirements.join(', ')})`,
            kind: oneOfFiles(found.requirements),
          })
        : guess.path;
    result.push({ ...service, requirements });
  }
  return result;
}

async function askForRegistry({ given, ask }: InitInput) {
  const type = await ask.one({
    flag: '--type TYPE',
    question: 'Type of the registry, harbor or registry (a plain one)',
    given: textOf(given, 'type'),
    found: 'harbor',
    kind: kinds.oneOf(['harbor', 'registry']),
  });
  const host = await ask.one({
    flag: '--registry HOST',
    question: 'Host of the registry, with its port where that is not the usual one',
    given: textOf(given, 'registry'),
    kind: answers.hostAnswer,
  });
  const wanted = {
    flag: '--project NAME',
    question: 'Project in Harbor',
    given: textOf(given, 'project'),
    kind: answers.projectAnswer,
  };
  if (type === 'registry' && wanted.given !== undefined) ask.refuse(wanted.flag, 'a plain registry has no projects');
  const project = type === 'registry' ? undefined : await ask.one(wanted);
  const username = await ask.optional({
    flag: '--username NAME',
    question: 'User name there (empty: what "docker login" has stored)',
    given: textOf(given, 'username'),
    kind: answers.usernameAnswer,
  });
  const file = textOf(given, 'passwordFile');
  if (file !== undefined && username === undefined)
    ask.refuse('--password-file', 'there is no --username that it belongs to');
  return {
    type,
    host,
    project,
    username,
    passwordFile: file === undefined ? undefined : ask.read('--password-file', answers.passwordFileAnswer, file),
  };
}

async function askForImages({ given, ask }: InitInput, pythonVersion: string) {
  const baseImage = await ask.one({
    flag: '--base-image IMAGE',
    question: 'Image to build on',
    given: textOf(given, 'baseImage'),
    found: `python:${pythonVersion}-bookworm`,
    kind: answers.imageAnswer,
  });
  const slim = /^(python:3\.[\d.]+)-([a-z]+)$/.exec(baseImage ?? '');
  const baseRuntimeImage = await ask.one({
    flag: '--base-runtime-image IMAGE',
    question: 'Image to run on, with the same Python',
    given: textOf(given, 'baseRuntimeImage'),
    found: slim === null ? undefined : `${slim[1]}-slim-${slim[2]}`,
    kind: answers.imageAnswer,
  });
  return { baseImage, baseRuntimeImage };
}

function oneOfFiles(words: readonly string[]) {
  return kind((value): Reading<string> => {
    return words.includes(value) ? { value } : { problem: `${quote(value)} is none of ${words.join(', ')}` };
  });
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
