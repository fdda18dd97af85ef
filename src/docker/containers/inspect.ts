import { asText } from '../../lib/json.ts';
import type { Instance, InstanceDetail } from '../../model/instance.ts';
import type { CallOptions } from '../../substrate/obj-substrate.ts';
import type { Engine } from '../connection/engine.ts';
import { type FoundContainer, findContainer, goneMeanwhile, lookAgain } from './find.ts';
import { readDetail } from './read-detail.ts';
import { readInstance } from './read-instance.ts';
import { askEngine } from './request.ts';

/** A container in detail: as {@link findContainer} finds it. */
export async function inspectContainer(engine: Engine, name: string, options: CallOptions): Promise<InstanceDetail> {
  let found = await findContainer(engine, name, options);
  const tags = imageTags(engine, asText(found.answer.Image), options);
  const [row, names] = await Promise.all([listOne(engine, found, options), tags]);
  if (row === undefined) throw goneMeanwhile(found);
  if (row.state !== found.state) {
    // It changed between the two answers, and the later one has the state that the row tells of, or a newer one.
    found = (await lookAgain(engine, found.id, options)) ?? found;
  }
  return readDetail(found, row, names);
}

async function listOne(engine: Engine, { id }: FoundContainer, { signal }: CallOptions): Promise<Instance | undefined> {
  const filters = encodeURIComponent(JSON.stringify({ id: [id] }));
  const path = `${engine.apiPath}/containers/json?all=1&filters=${filters}`;
  const rows = await askEngine(engine, () => engine.http.list(path, { signal }), { signal });
  return rows.map(readInstance).find((row) => row?.id === id);
}

async function imageTags(engine: Engine, id: string | undefined, options: CallOptions): Promise<readonly string[]> {
  if (id === undefined) return [];
  // Also in it, an answer may be cut off by the signal.
  const image = await askEngine(engine, () => engine.inspectImage(id, options), options);
  return image?.tags ?? [];
}
