import { ObjDockerError } from '../../errors.ts';
import { asRecord, asText } from '../../lib/json.ts';
import { throwIfCancelled } from '../../lib/operation.ts';
import { suggest } from '../../lib/text/suggest.ts';
import type { InstanceState } from '../../model/enums.ts';
import type { CallOptions } from '../../substrate/obj-substrate.ts';
import type { Engine } from '../connection/engine.ts';
import { EngineHttpError } from '../connection/http.ts';
import { containerPath, requestEngine } from '../connection/request.ts';
import { bareName, readInstance, readState } from './read-instance.ts';

/** A container that was found by name or id. */
export interface FoundContainer {
  /** Used in all later requests. */
  readonly id: string;
  readonly name: string;
  readonly state: InstanceState;
  /** The response of `GET /containers/{id}/json`. */
  readonly inspected: Readonly<Record<string, unknown>>;
}

/**
 * Finds a container by name, id or unique id prefix, with one request.
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

/** Inspects a container again; undefined when it was deleted. */
export async function inspectAgain(
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

/** Whether there is something to stop, which includes a container that waits for its restart. */
export function isActive({ state }: FoundContainer): boolean {
  return state === 'running' || state === 'paused' || state === 'restarting';
}

/** When the container was last started, as the engine prints it. */
export function startedAt({ inspected }: FoundContainer): string | undefined {
  return asText(asRecord(inspected.State)?.StartedAt);
}

/** The container existed before, and was deleted meanwhile. */
export function containerDeleted({ id, name }: Pick<FoundContainer, 'id' | 'name'>): ObjDockerError {
  return new ObjDockerError('INSTANCE_NOT_FOUND', `container "${name}" was deleted during the operation`, {
    details: { id, name, suggestions: [] },
  });
}

/** Throws an EngineHttpError only for no such container and for an ambiguous prefix. */
async function inspect(engine: Engine, name: string, { signal }: CallOptions): Promise<FoundContainer> {
  const send = async () => {
    try {
      return await engine.http.json(containerPath(engine, name, '/json'), { signal });
    } catch (error) {
      // 400 on newer engines, 500 on 20.10.
      if (error instanceof EngineHttpError && isAmbiguous(error)) throw new EngineHttpError(404, error.message);
      throw error;
    }
  };
  const inspected = await requestEngine(engine, send, { signal, expected: [404] });
  const id = asText(inspected.Id) ?? name;
  return {
    id,
    name: bareName(asText(inspected.Name) ?? id.slice(0, 12)),
    state: readState(asRecord(inspected.State)?.Status),
    inspected,
  };
}

function isAmbiguous(error: EngineHttpError): boolean {
  return /multiple IDs found/i.test(error.message);
}

/**
 * Checks a container name or id by the engine's own rule, and removes the leading slash that the engine writes.
 *
 * @throws {ObjDockerError} INSTANCE_NAME_INVALID.
 */
export function checkContainerName(name: string): string {
  const bare = bareName(name);
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(bare)) return bare;
  throw new ObjDockerError('INSTANCE_NAME_INVALID', `${quote(name)} is not a container name or id`, {
    hint: 'A name has letters, digits, "_", "." and "-", and starts with a letter or digit. An id or its beginning also works.',
  });
}

async function notFound(engine: Engine, name: string, options: CallOptions): Promise<ObjDockerError> {
  const names = (await listNames(engine, options)).map((container) => container.name);
  const suggestions = nearNames(name, names);
  const near = suggestions.map((suggestion) => `"${suggestion}"`).join(' or ');
  return new ObjDockerError('INSTANCE_NOT_FOUND', `there is no container ${quote(name)}`, {
    hint: near === '' ? 'List the containers: objdocker list' : `Did you mean ${near}?`,
    details: { name: clip(name), suggestions },
  });
}

async function ambiguous(engine: Engine, prefix: string, options: CallOptions): Promise<ObjDockerError> {
  const matches = (await listNames(engine, options)).filter(({ id }) => id.startsWith(prefix));
  const shown = matches.slice(0, 5).map(({ id, name }) => `${name} (${id.slice(0, 12)})`);
  const more = matches.length > shown.length ? ` and ${matches.length - shown.length} more` : '';
  return new ObjDockerError(
    'INSTANCE_AMBIGUOUS',
    `${quote(prefix)} is ambiguous: several container ids start with it`,
    {
      hint:
        shown.length === 0
          ? 'Pass more of the id, or the name.'
          : `Pass more of the id, or a name: ${shown.join(', ')}${more}`,
      details: { matches },
    },
  );
}

/** Only for a better error message, so a failure here is ignored. */
async function listNames(engine: Engine, { signal }: CallOptions): Promise<{ id: string; name: string }[]> {
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

/** Quotes user input for a message: shortened, with control and non-ASCII characters escaped. */
function quote(name: string): string {
  return `"${clip(name).replace(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)}"`;
}

function clip(name: string): string {
  return name.length > 80 ? `${name.slice(0, 77)}...` : name;
}
