import { MemoryRegistry, type StoreCall } from '../../release/store/memory-registry.fixture.ts';
import { type Before, Shop } from './machine.fixture.ts';

export const RUN = 'objdocker-20260531T081500Z-3f9a1c2b7d4e';
export const NEXT = 'objdocker-20260531T091500Z-aaaaaaaaaaaa';

export function shopWith(befores: readonly Before[], options: { isPlain?: boolean } = {}): Shop {
  return new Shop(new MemoryRegistry(options), befores);
}

export const connect = (shop: Shop) => shop.registry.connect().store;
export const names = (calls: readonly StoreCall[], name: StoreCall['name']) =>
  calls.filter((call) => call.name === name).map(({ repository, tag }) => `${repository}:${tag}`);
export const reads = (calls: readonly StoreCall[]) =>
  calls.every(({ name }) => ['find', 'list', 'fetch'].includes(name));
