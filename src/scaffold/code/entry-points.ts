import { posix } from 'node:path';
import type { PythonFile } from './python-imports.ts';

/** What starts a service: a package, a module, a function, or an application that a web server runs. */
export interface EntryPoint {
  readonly kind: 'package' | 'module' | 'function' | 'application';
  /** As `--service NAME=ENTRY` takes it: `shop.api`, `app`, `shop.cli:main`, `shop.main:app`. */
  readonly target: string;
  readonly module: string;
  /** The file of the module, relative to the source folder. */
  readonly file: string;
  /** Only for an application. */
  readonly application?: Application;
}

/** A web application: the object that a server runs. */
export interface Application {
  readonly framework: 'FastAPI' | 'Starlette' | 'Flask' | 'Django';
  readonly protocol: 'asgi' | 'wsgi';
  /** The name of the object, or of the function that makes it. */
  readonly attribute: string;
  readonly isFactory: boolean;
}

const MAIN = '__main__.py';
const IDENTIFIERS = /^(?:[A-Za-z_]\w*\/)*[A-Za-z_]\w*\.py$/;
/** `app = FastAPI(`, `api: fastapi.FastAPI = fastapi.FastAPI(` */
const OBJECT = /^(\w+)[ \t]*(?::[^=\n]+)?=[ \t]*(?:\w+\.)?(FastAPI|Starlette|Flask)\(/gm;
const DJANGO = /^(\w+)[ \t]*=[ \t]*(?:\w+\.)*get_(asgi|wsgi)_application\(/gm;
/** A function at the top of a module that can be called without arguments. */
const FACTORY = /^def[ \t]+((?:create|make|build|get)_(?:app|application))[ \t]*\(((?:[^()]|\([^()]*\))*)\)/gm;
const GUARD = /^if[ \t]+__name__[ \t]*==[ \t]*(['"])__main__\1/m;
/** Names of a module that start a program when it has no guard. */
const USUAL_MODULE = /^(app|main|server|run|service)\.py$/;
const NOT_A_SERVICE = /^(manage|wsgi|asgi|settings|config)\.py$/;
/** The last part of an application's module that says nothing about the service. */
const PLAIN_MODULE = /\.(main|app|application|server|wsgi|asgi|api|factory|__init__)$/;

/** Finds what can start a service in the Python files of a source folder. It runs nothing. */
export function findEntryPoints(files: readonly PythonFile[]): readonly EntryPoint[] {
  const valid = files.filter(({ path }) => IDENTIFIERS.test(path));
  const packages = valid
    .filter(({ path }) => posix.basename(path) === MAIN && path !== MAIN)
    .map(({ path }): EntryPoint => {
      const module = path.slice(0, -MAIN.length - 1).replaceAll('/', '.');
      return { kind: 'package', target: module, module, file: path };
    });
  const applications = valid.flatMap(applicationsOf);
  const modules = valid
    .filter(
      ({ path, text }) =>
        !path.includes('/') && !NOT_A_SERVICE.test(path) && path !== MAIN && startsWhenRun(path, text),
    )
    .map(({ path }): EntryPoint => {
      const module = moduleName(path);
      return { kind: 'module', target: module, module, file: path };
    });
  return [...packages, ...applications, ...modules];
}

/**
 * Selects the entry points that are services: packages with a `__main__.py`, and applications that none of them starts; else the
 * scripts of pyproject.toml; else modules beside them.
 */
export function defaultEntryPoints(found: readonly EntryPoint[]): readonly EntryPoint[] {
  const packages = found.filter(({ kind }) => kind === 'package');
  const isStarted = ({ module }: EntryPoint) =>
    packages.some((one) => module === one.module || module.startsWith(`${one.module}.`));
  const applications = preferred(found.filter((entry) => entry.kind === 'application' && !isStarted(entry)));
  if (packages.length + applications.length > 0) return [...packages, ...applications];
  const functions = found.filter(({ kind }) => kind === 'function');
  return functions.length > 0 ? functions : found.filter(({ kind }) => kind === 'module');
}

/** One application for each module, and one for each Django project. */
function preferred(applications: readonly EntryPoint[]): readonly EntryPoint[] {
  const byPlace = new Map<string, EntryPoint>();
  for (const entry of applications) {
    const isDjango = entry.application?.framework === 'Django';
    const place = isDjango ? `${posix.dirname(entry.file)}/` : entry.file;
    const other = byPlace.get(place);
    if (other === undefined || (isDjango && entry.application?.protocol === 'wsgi')) byPlace.set(place, entry);
  }
  return [...byPlace.values()];
}

/** The part of an application's target that names its service: `shop.api` for `shop.api.main:app`. */
export function serviceModule({ kind, module }: EntryPoint): string {
  return kind === 'application' ? module.replace(PLAIN_MODULE, '') : module;
}

/** `shop/api/__init__.py` is `shop.api`. */
function moduleName(path: string): string {
  return path
    .replace(/\.py$/, '')
    .replace(/\/__init__$/, '')
    .replaceAll('/', '.');
}

function applicationsOf({ path, text }: PythonFile): readonly EntryPoint[] {
  if (posix.basename(path) === MAIN) return [];
  const module = moduleName(path);
  const entry = (application: Application): EntryPoint => ({
    kind: 'application',
    target: `${module}:${application.attribute}`,
    module,
    file: path,
    application,
  });
  const objects = [...text.matchAll(OBJECT)].map(([, attribute = '', framework]) =>
    entry({ ...frameworkOf(framework), attribute, isFactory: false }),
  );
  const django = [...text.matchAll(DJANGO)].map(([, attribute = '', protocol]) =>
    entry({ framework: 'Django', protocol: protocol === 'asgi' ? 'asgi' : 'wsgi', attribute, isFactory: false }),
  );
  if (objects.length + django.length > 0) return [...objects, ...django];
  const made = /^[ \t]+.*\b(FastAPI|Starlette|Flask)\(/m.exec(text)?.[1];
  if (made === undefined) return [];
  return [...text.matchAll(FACTORY)]
    .filter(([, , parameters = '']) => needsNoArgument(parameters))
    .slice(0, 1)
    .map(([, attribute = '']) => entry({ ...frameworkOf(made), attribute, isFactory: true }));
}

function frameworkOf(name: string | undefined): Pick<Application, 'framework' | 'protocol'> {
  if (name === 'Flask') return { framework: 'Flask', protocol: 'wsgi' };
  return { framework: name === 'Starlette' ? 'Starlette' : 'FastAPI', protocol: 'asgi' };
}

function needsNoArgument(parameters: string): boolean {
  return parameters
    .replace(/\[[^\]]*\]|\([^)]*\)/g, '')
    .split(',')
    .map((parameter) => parameter.trim())
    .every((parameter) => parameter === '' || parameter.includes('=') || parameter.startsWith('*'));
}

function startsWhenRun(path: string, text: string): boolean {
  return GUARD.test(text) || USUAL_MODULE.test(path);
}
