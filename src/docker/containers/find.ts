import { ObjDockerError } from '../../errors.ts';
import { asRecord, asText } from '../../lib/json.ts';
import { throwIfCancelled } from '../../lib/operation.ts';
import { suggest } from '../../lib/text/suggest.ts';
import type { InstanceState } from '../../model/instance.ts';
import type { CallOptions } from '../../substrate/obj-substrate.ts';
import type { Engine } from '../connection/engine.ts';
import { EngineHttpError } from '../connection/engine-http.ts';
import { bareName, readInstance, readState } from './read-instance.ts';
import { askEngine, containerPath } from './request.ts';

/** A container that a name was found to mean. */
export interface FoundContainer {
  /** What later requests name it by. */
  readonly id: string;
  readonly name: string;
  readonly state: InstanceState;
  /** The engine's whole answer (`GET /containers/ID/json`). */
  readonly answer: Readonly<Record<string, unknown>>;
}

/**
 * The container of that name or id, or whose id alone begins so, by one request.
 *
 * @throws {ObjDockerError} INSTANCE_NAME_INVALID, before anything is sent; INSTANCE_NOT_FOUND; INSTANCE_AMBIGUOUS.
 */
export async function findContainer(engine: Engine, name: string, options: CallOptions = {}): Promise<FoundContainer> {
  const wanted = checkContainerName(name);
  try {
    return await inspect(engine, wanted, options);
  } catch (error) {
    if (!(error instanceof EngineHttpError)) throw error;
    if (isAmbiguous(error)) throw await ambiguous(engine, wanted, options);
    throw await notFound(engine, wanted, options);
  }
}

/** The container of that id as it is now, or undefined when it is gone. */
export async function lookAgain(
  engine: Engine,
  id: string,
  options: CallOptions = {},
): Promise<FoundContainer | undefined> {
  try {
    return await inspect(engine, id, options);
  } catch (error) {
    if (error instanceof EngineHttpError) return undefined;
    throw error;
  }
}

/** Whether there is something to stop: also what waits to be started again. */
export function isActive({ state }: FoundContainer): boolean {
  return state === 'running' || state === 'paused' || state === 'restarting';
}

/** For a container that was there a moment ago. */
export function goneMeanwhile({ id, name }: Pick<FoundContainer, 'id' | 'name'>): ObjDockerError {
  return new ObjDockerError('INSTANCE_NOT_FOUND', `container "${name}" is gone: it was deleted in this moment`, {
    details: { id, name, suggestions: [] },
  });
}

/** Only what this room makes sense of stays an EngineHttpError: no such container, and several of them. */
async function inspect(engine: Engine, name: string, { signal }: CallOptions): Promise<FoundContainer> {
  const ask = async () => {
    try {
      return await engine.http.json(containerPath(engine, name, '/json'), { signal });
    } catch (error) {
      // 400 on newer engines, 500 on 20.10.
      if (error instanceof EngineHttpError && isAmbiguous(error)) throw new EngineHttpError(404, error.message);
      throw error;
    }
  };
  const answer = await askEngine(engine, ask, { signal, expected: [404] });
  const id = asText(answer.Id) ?? name;
  return {
    id,
    name: bareName(asText(answer.Name) ?? id.slice(0, 12)),
    state: readState(asRecord(answer.State)?.Status),
    answer,
  };
}

function isAmbiguous(error: EngineHttpError): boolean {
  return /multiple IDs found/i.test(error.message);
}

/**
 * The name without the slash that the engine itself writes before it. The rule is the engine's own, by which it reads ids, too.
 *
 * @throws {ObjDockerError} INSTANCE_NAME_INVALID.
 */
export function checkContainerName(name: string): string {
  const bare = bareName(name);
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(bare)) return bare;
  throw new ObjDockerError('INSTANCE_NAME_INVALID', `no container can be called ${quote(name)}`, {
    hint: 'A name has letters, digits, "_", "." and "-", and begins with a letter or digit; an id or the beginning of one will do, too.',
  });
}

async function notFound(engine: Engine, name: string, options: CallOptions): Promise<ObjDockerError> {
  const names = (await listBriefly(engine, options)).map((container) => container.name);
  const suggestions = nearNames(name, names);
  const near = suggestions.map((suggestion) => `"${suggestion}"`).join(' or ');
  return new ObjDockerError('INSTANCE_NOT_FOUND', `there is no container ${quote(name)}`, {
    hint: near === '' ? 'See which there are: objdocker list' : `Did you mean ${near}?`,
    details: { name: clip(name), suggestions },
  });
}

async function ambiguous(engine: Engine, prefix: string, options: CallOptions): Promise<ObjDockerError> {
  const matches = (await listBriefly(engine, options)).filter(({ id }) => id.startsWith(prefix));
  const shown = matches.slice(0, 5).map(({ id, name }) => `${name} (${id.slice(0, 12)})`);
  const more = matches.length > shown.length ? ` and ${matches.length - shown.length} more` : '';
  return new ObjDockerError('INSTANCE_AMBIGUOUS', `several containers have an id that begins with ${quote(prefix)}`, {
    hint:
      shown.length === 0
        ? 'Give more of the id, or the name.'
        : `Give more of the id, or a name: ${shown.join(', ')}${more}`,
    details: { matches },
  });
}

/** For a better error only: what goes wrong with it must not hide that error. */
async function listBriefly(engine: Engine, { signal }: CallOptions): Promise<{ id: string; name: string }[]> {
  const rows = await engine.http.list(`${engine.apiPath}/containers/json?all=1`, { signal }).catch(() => {
    throwIfCancelled(signal);
    return [];
  });
  return rows.flatMap((row) => readInstance(row) ?? []).map(({ id, name }) => ({ id, name }));
}

function nearNames(name: string, known: readonly string[]): string[] {
  const near: string[] = [];
  while (near.length < 3) {
    const next = suggest(
      name,
      known.filter((other) => !near.includes(other)),
    );
    if (next === undefined) break;
    near.push(next);
  }
  return near;
}

/** A name that somebody gave us, as it may be shown: short, and with nothing in it that a terminal would act on. */
function quote(name: string): string {
  return `"${clip(name).replace(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)}"`;
}

function clip(name: string): string {
  return name.length > 80 ? `${name.slice(0, 77)}...` : name;
}
