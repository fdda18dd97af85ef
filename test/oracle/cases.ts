import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { Json } from './facts.ts';

/** A Dockerfile and BuildKit's result for it. */
export interface DockerfileCase {
  readonly name: string;
  readonly kind: string;
  readonly about: string;
  readonly dockerfile: Uint8Array;
  readonly buildArgs: Readonly<Record<string, string>>;
  /** The result of the newest BuildKit in the case. */
  readonly facts: Json;
}

const FOLDER = new URL('../fixtures/dockerfile-cases/', import.meta.url);

/** The cases of test/fixtures/dockerfile-cases. */
export function readCases(): DockerfileCase[] {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
  return names.map((file) => {
    const name = file.slice(0, -'.json'.length);
    const { kind, about, buildArgs, facts, newer } = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8'));
    const dockerfile = readFileSync(new URL(`${name}.Dockerfile`, FOLDER));
    return { name, kind, about, buildArgs, dockerfile, facts: newer?.facts ?? facts };
  });
}

/** Keeps a Dockerfile of the fuzz as a case, so that the unit tests fail until it is read as BuildKit reads it. */
export function writeCase({
  seed,
  dockerfile,
  buildArgs,
  facts,
}: Pick<DockerfileCase, 'dockerfile' | 'buildArgs' | 'facts'> & { readonly seed: number }): string {
  const name = `fuzz-seed-${seed}`;
  const oracle = /moby\/buildkit (v\S+)/.exec(readFileSync(new URL('go.mod', import.meta.url), 'utf8'))?.[1];
  const about = `Found by the fuzz with seed ${seed}, with the lines left out that do not matter.`;
  writeFileSync(new URL(`${name}.Dockerfile`, FOLDER), dockerfile);
  writeFileSync(
    new URL(`${name}.json`, FOLDER),
    `${JSON.stringify({ case: name, kind: 'fuzz', about, buildArgs, oracle, facts }, null, 2)}\n`,
  );
  return name;
}

/** The facts without the messages, which are ours. */
export function withoutMessages(facts: Json): Json {
  return JSON.parse(JSON.stringify(facts, (key, value: unknown) => (key === 'message' ? undefined : value)));
}

/** Where the facts differ, as `path: expected … got …`. Where BuildKit names no line for a problem, ours may. */
export function differences(expected: Json | undefined, got: Json | undefined, path = ''): string[] {
  if (isDeepStrictEqual(expected, got)) return [];
  if (!isRecord(expected) || !isRecord(got) || Array.isArray(expected) !== Array.isArray(got))
    return [`${path || '.'}: expected ${short(expected)} got ${short(got)}`];
  const keys = [...new Set([...Object.keys(expected), ...Object.keys(got)])];
  const noLine = expected.phase !== undefined && expected.line === 0;
  return keys
    .filter((key) => !noLine || (key !== 'line' && key !== 'endLine'))
    .flatMap((key) => differences(expected[key], got[key], `${path}.${key}`));
}

function isRecord(value: unknown): value is Record<string, Json | undefined> {
  return typeof value === 'object' && value !== null;
}

function short(value: Json | undefined): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
