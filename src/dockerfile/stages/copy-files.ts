import type { FilesInstruction } from '../instructions/instruction.ts';
import { show, ValueError } from '../problem.ts';
import type { ExpandOptions } from '../syntax/shell-lexer.ts';
import { isPlain } from '../syntax/simple-text.ts';
import { isGitSource, isHttpSource, readGitSource } from '../values/git-source.ts';
import { isFileMode } from '../values/go-values.ts';
import { isDigest } from '../values/image-name.ts';
import { joinPaths, withoutDrive } from '../values/paths.ts';
import type { Node, Source } from './graph.ts';
import type { StageScope } from './stage-scope.ts';

// In the body of a heredoc quotes mean nothing, and the backslash always escapes.
const HEREDOC_BODY: ExpandOptions = { escapeCharacter: '\\', ignoreQuotes: true };

/**
 * What COPY or ADD does in a stage.
 *
 * @throws {ValueError}
 */
export function copyFiles(instruction: FilesInstruction, from: readonly Source[], scope: StageScope): void {
  const { keyword, flags } = instruction;
  const fillFlag = (name: string): string => scope.fill(flags.value(name) ?? '');
  fillFlag('chown');
  const mode = fillFlag('chmod');
  const checksum = keyword === 'ADD' ? fillFlag('checksum') : '';
  const filled = instruction.sources.map((each) => fillPath(each, scope));
  const destination = scope.fill(instruction.destination);
  for (const { content, expand: hasVariables } of instruction.contents)
    if (hasVariables) scope.reportUnset(scope.expand(content, HEREDOC_BODY).unset);
  const [source] = from;
  if (source !== undefined) requireAbove(source, scope.node, `COPY --from=${source.from}`);

  withoutDrive(destination, scope.isWindows);
  if (mode !== '' && !isFileMode(mode))
    throw new ValueError(
      `${keyword} --chmod cannot be ${show(mode)}`,
      'Write a mode: --chmod=0644 or --chmod=u=rw,go=r.',
    );
  if (checksum !== '')
    checkChecksum(
      checksum,
      filled.map(({ text }) => text),
    );
  for (const { text } of filled) checkSource(text, { instruction, checksum, isWindows: scope.isWindows });
  for (const { name } of instruction.contents) withoutDrive(name, scope.isWindows);
  if (source !== undefined) return;
  for (const { text, known, written } of filled) {
    if (keyword === 'ADD' && (isHttpSource(text) || readGitSource(text) !== undefined))
      scope.remotes.push({ written, source: text, checksum });
    if (keyword === 'ADD' && /^https?:\/\//.test(text)) continue;
    scope.contextPaths.push({
      path: joinPaths('/', text),
      written,
      filled: text,
      known,
      line: instruction.line,
      instruction: keyword,
    });
  }
}

/**
 * What an instruction reads from has to be built before: a stage further down is not.
 *
 * @throws {ValueError}
 */
export function requireAbove({ node }: Source, reader: Node, what: string): void {
  if (node.kind === 'image' || node.index <= reader.index) return;
  throw new ValueError(
    `${what} names a stage that begins below, in line ${node.at.line}`,
    'Move that stage above this one.',
  );
}

function fillPath(written: string, scope: StageScope): { written: string; text: string; known: boolean } {
  if (isPlain(written)) return { written, text: written, known: true };
  const { text, unset } = scope.expand(written);
  scope.reportUnset(unset);
  return { written, text, known: scope.isClosed || unset.size === 0 };
}

interface SourceContext {
  readonly instruction: FilesInstruction;
  readonly checksum: string;
  readonly isWindows: boolean;
}

function checkSource(source: string, { instruction, checksum, isWindows }: SourceContext): void {
  const git = readGitSource(source);
  if (git !== undefined) {
    if (instruction.keyword === 'COPY')
      throw new ValueError(`COPY cannot copy the Git repository ${show(source)}`, 'Use ADD.');
    const keep = instruction.flags.value('keep-git-dir');
    if (keep !== undefined && git.keepGitDir !== undefined && git.keepGitDir !== (keep === 'true'))
      throw new ValueError(`ADD --keep-git-dir=${keep} contradicts ${show(source)}`, 'Remove one of the two.');
    if (checksum !== '' && git.checksum !== '' && checksum !== git.checksum)
      throw new ValueError(`ADD --checksum contradicts the one in ${show(source)}`, 'Remove one of the two.');
    return;
  }
  if (isHttpSource(source)) {
    if (instruction.keyword === 'COPY') throw new ValueError(`COPY cannot copy the URL ${show(source)}`, 'Use ADD.');
    if (checksum !== '' && !isDigest(checksum))
      throw new ValueError(`ADD --checksum cannot be ${show(checksum)}`, 'Write a digest: --checksum=sha256:….');
    return;
  }
  withoutDrive(source, isWindows);
}

function checkChecksum(checksum: string, sources: readonly string[]): void {
  const [source] = sources;
  if (source === undefined || sources.length > 1)
    throw new ValueError(`ADD --checksum=${checksum} needs exactly one source`, 'Write one ADD for each source.');
  if (!isHttpSource(source) && !isGitSource(source))
    throw new ValueError(
      `ADD --checksum needs a URL or a Git repository, and ${show(source)} is a path`,
      'Remove the flag: a file of the build context has no checksum.',
    );
}
