import { locate } from '../problem.ts';
import { expand } from '../syntax/shell-lexer.ts';
import { formatPlatform } from '../values/platform.ts';
import type { BuildRequest, GlobalArgs } from './build-request.ts';
import type { DockerfileText } from './dockerfile-text.ts';
import { checkSourceDateEpoch } from './source-date-epoch.ts';

/** The arguments that BuildKit sets, with the value that it gives them. */
export function builtInArgs({ platform, builder }: BuildRequest, target: string): Map<string, string> {
  return new Map([
    ['BUILDPLATFORM', formatPlatform({ ...builder, osVersion: '', osFeatures: [] })],
    ['BUILDOS', builder.os],
    ['BUILDOSVERSION', builder.osVersion],
    ['BUILDARCH', builder.architecture],
    ['BUILDVARIANT', builder.variant],
    ['TARGETPLATFORM', formatPlatform(platform)],
    ['TARGETOS', platform.os],
    ['TARGETOSVERSION', platform.osVersion],
    ['TARGETARCH', platform.architecture],
    ['TARGETVARIANT', platform.variant],
    ['TARGETSTAGE', target === '' ? 'default' : target],
  ]);
}

/**
 * Reads the ARGs before the first FROM.
 *
 * @param target the name of the stage that is built; empty for one without
 * @throws {ProblemError} phase `graph`
 */
export function readGlobalArgs(file: DockerfileText, request: BuildRequest, target: string): GlobalArgs {
  return withSourceDateEpoch(file, request, declareGlobalArgs(file, request, target));
}

/**
 * As {@link readGlobalArgs}, without a look at SOURCE_DATE_EPOCH.
 *
 * @throws {ProblemError} phase `graph`
 */
export function declareGlobalArgs(file: DockerfileText, request: BuildRequest, target: string): GlobalArgs {
  const values = builtInArgs(request, target);
  const mentions = new Map<string, ReadonlySet<string>>();
  for (const [name, value] of values) values.set(name, request.buildArgs(name) ?? value);
  for (const instruction of file.globals) {
    for (const { name, default: written } of instruction.args) {
      const given = request.buildArgs(name);
      if (given !== undefined) values.set(name, given);
      if (given !== undefined || written === undefined) continue;
      const { text, names } = locate('graph', instruction, () =>
        expand(written, (other) => values.get(other), { escapeCharacter: file.escapeCharacter }),
      );
      values.set(name, text);
      mentions.set(name, new Set([...(names.has(name) ? (mentions.get(name) ?? []) : []), ...names]));
    }
  }
  return { values, declared: new Map(values), buildArgs: request.buildArgs, mentions };
}

const EPOCH = 'SOURCE_DATE_EPOCH';

function withSourceDateEpoch(file: DockerfileText, request: BuildRequest, args: GlobalArgs): GlobalArgs {
  const given = request.buildArgs(EPOCH);
  const value = given ?? args.values.get(EPOCH) ?? '';
  if (given === undefined && value === '') return args;
  const seconds = value === '' ? undefined : checkSourceDateEpoch(file, value, args);
  const values = new Map(args.values);
  if (values.has(EPOCH)) {
    if (seconds === undefined) values.delete(EPOCH);
    else values.set(EPOCH, seconds);
  }
  const plain = given === undefined ? undefined : seconds;
  return { ...args, values, buildArgs: (name) => (name === EPOCH ? plain : request.buildArgs(name)) };
}
