/** How each property of `T` comes to its value. */
export type Getters<T> = { readonly [K in keyof T]-?: () => T[K] };

/** An object whose properties are worked out when they are first read, and then kept. A property that throws is tried again. */
export function lazily<T extends object>(getters: Getters<T>): T {
  const object = {};
  for (const key of Object.keys(getters)) {
    const get = (getters as Record<string, () => unknown>)[key];
    if (get !== undefined) Object.defineProperty(object, key, { enumerable: true, get: memoised(get) });
  }
  return object as T;
}

/** A record whose values are worked out when they are first read. */
export function lazyRecord<T>(keys: readonly string[], work: (key: string) => T): Readonly<Record<string, T>> {
  const object: Record<string, T> = Object.create(null);
  for (const key of keys) Object.defineProperty(object, key, { enumerable: true, get: memoised(() => work(key)) });
  return object;
}

function memoised<T>(work: () => T): () => T {
  let done: { readonly value: T } | undefined;
  return () => {
    done ??= { value: work() };
    return done.value;
  };
}
