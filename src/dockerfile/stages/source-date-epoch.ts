import { locate, problemError, show, ValueError } from '../problem.ts';
import { expand } from '../syntax/shell-lexer.ts';
import { equalFold } from '../syntax/text.ts';
import { isHttpSource, readGitSource } from '../values/git-source.ts';
import { readInteger } from '../values/go-values.ts';
import { isDigest } from '../values/image-name.ts';
import type { GlobalArgs } from './build-request.ts';
import type { DockerfileText, StageText } from './dockerfile-text.ts';

/**
 * Reads SOURCE_DATE_EPOCH: a number of seconds, `context`, or a stage that ADDs one remote file.
 *
 * @returns the seconds; undefined when only the build knows them
 * @throws {ProblemError} phase `graph`
 */
export function checkSourceDateEpoch(file: DockerfileText, value: string, args: GlobalArgs): string | undefined {
  const seconds = readInteger(value);
  if (seconds !== undefined) return String(seconds);
  if (value === 'context') return undefined;
  const stage = file.stages.find(({ from }) => equalFold(from.name ?? '', value));
  if (stage === undefined)
    throw problemError(
      'graph',
      { line: 0, endLine: 0 },
      `SOURCE_DATE_EPOCH cannot be ${JSON.stringify(value)}`,
      'Set it to a number of seconds since 1970, to "context", or to the name of a stage.',
    );
  locate('graph', stage.from, () => checkStage(stage, file.escapeCharacter, args));
  return undefined;
}

const HINT = 'Make it "FROM scratch" with one ADD of one URL or Git repository, and nothing else.';

function checkStage({ from, body }: StageText, escapeCharacter: string, args: GlobalArgs): void {
  const values = new Map(args.values);
  values.delete('SOURCE_DATE_EPOCH');
  const fill = (word: string): string => expand(word, (name) => values.get(name), { escapeCharacter }).text;
  if (fill(from.base) !== 'scratch')
    throw new ValueError('the stage that SOURCE_DATE_EPOCH names does not start from scratch', HINT);
  let found = false;
  for (const instruction of body) {
    if (instruction.keyword === 'ARG') {
      for (const { name, default: written } of instruction.args) {
        const given = args.buildArgs(name);
        if (given !== undefined) values.set(name, given);
        else if (written !== undefined) values.set(name, fill(written));
      }
      continue;
    }
    const [source, ...more] = instruction.keyword === 'ADD' ? instruction.sources : [];
    if (
      instruction.keyword !== 'ADD' ||
      source === undefined ||
      more.length > 0 ||
      instruction.contents.length > 0 ||
      found
    )
      throw new ValueError(`the stage that SOURCE_DATE_EPOCH names has ${surplus(instruction.keyword)}`, HINT);
    checkSource(fill(source), fill(instruction.flags.value('checksum') ?? ''));
    found = true;
  }
  if (!found) throw new ValueError('the stage that SOURCE_DATE_EPOCH names has no ADD', HINT);
}

function surplus(keyword: string): string {
  return keyword === 'ADD' ? 'more than one ADD of one source' : `the instruction ${keyword}`;
}

function checkSource(source: string, checksum: string): void {
  if (!isHttpSource(source)) {
    if (readGitSource(source) === undefined)
      throw new ValueError(`the stage that SOURCE_DATE_EPOCH names adds ${show(source)}, which is no URL`, HINT);
  } else if (checksum !== '' && !isDigest(checksum))
    throw new ValueError(`ADD --checksum cannot be ${show(checksum)}`, 'Write a digest: --checksum=sha256:….');
}
