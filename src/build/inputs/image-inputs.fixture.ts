import { join } from 'node:path';
import { createProject, type Project } from '../../../test/harness/project.ts';
import type { BuildSecret } from '../../config/package.ts';
import { readDockerfile } from '../../dockerfile/dockerfile.ts';
import { systemEnvironment } from '../../lib/environment.ts';
import type { BaseImage } from './base-images.ts';
import { openContext } from './context/context.ts';
import { type ImageInputs, readImageInputs } from './image-inputs.ts';

/** A project, and what its image is built with. */
export interface InputsSetup {
  readonly dockerfile: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
  readonly target?: string;
  readonly args?: Readonly<Record<string, string>>;
  readonly rebuildFor?: readonly string[];
  readonly secrets?: Readonly<Record<string, BuildSecret>>;
  readonly platforms?: readonly string[];
  /** What the images point to. @default a digest made from the name */
  readonly bases?: Readonly<Record<string, BaseImage>>;
  /** Changes the folder before it is read. */
  readonly prepare?: (project: Project) => Promise<void>;
}

/** Reads the inputs of a project in a temporary folder. */
export async function inputsOf(setup: InputsSetup): Promise<ImageInputs> {
  const { args = {}, rebuildFor = [], secrets = {}, platforms = ['linux/amd64'], bases = {} } = setup;
  const text = setup.dockerfile.map((line) => `${line}\n`).join('');
  await using project = await createProject({ 'context/Dockerfile': text, ...inContext(setup.files ?? {}) });
  await setup.prepare?.(project);
  const graph = readDockerfile(text, 'Dockerfile', { buildArgs: (name) => args[name], platforms });
  const stage = setup.target === undefined ? graph.stages.at(-1) : graph.find(setup.target);
  if (stage === undefined) throw new Error(`no stage ${setup.target}`);
  const context = await openContext(project.path('context'), {
    environment: systemEnvironment(),
    dockerfile: project.path('context/Dockerfile'),
    excluded: [],
    cacheFolder: project.path('cache'),
  });
  const find = async (image: string): Promise<BaseImage> => bases[image] ?? baseImage(image);
  return await readImageInputs({ graph, stage, args, rebuildFor, secrets, platforms, bases: { find }, context });
}

function inContext(files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([path, text]) => [join('context', path), text]));
}

/** An image that a name points to. */
export function baseImage(content: string, onbuild: readonly string[] = []): BaseImage {
  const hex = Buffer.from(content).toString('hex').padEnd(64, '0').slice(0, 64);
  return { digest: `sha256:${hex}`, source: 'registry', onbuild };
}
