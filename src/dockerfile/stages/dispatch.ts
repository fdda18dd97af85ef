import { type Finding, Findings, type Rule } from '../checks/findings.ts';
import type { CheckOptions } from '../checks/options.ts';
import type {
  ArgInstruction,
  FilesInstruction,
  OtherInstruction,
  PairsInstruction,
  RunInstruction,
} from '../instructions/instruction.ts';
import { type Mount, readMount } from '../instructions/mounts.ts';
import { locate, type Problem, ProblemError, show, ValueError } from '../problem.ts';
import { type ExpandOptions, type Expansion, expand } from '../syntax/shell-lexer.ts';
import { isGitSource, isHttpSource, readGitSource } from '../values/git-source.ts';
import { isFileMode, isSignal } from '../values/go-values.ts';
import { isDigest } from '../values/image-name.ts';
import { joinPaths, resolvePath, withoutDrive } from '../values/paths.ts';
import type { Platform } from '../values/platform.ts';
import { checkPort } from '../values/ports.ts';
import type { GlobalArgs } from './build-request.ts';
import type { Command, Node, Source } from './graph.ts';

/** What a stage is at its end, when it is built. */
export interface StageState {
  /** ARGs and ENVs that its instructions see. */
  readonly variables: ReadonlyMap<string, string>;
  /** ENV of the image. */
  readonly env: ReadonlyMap<string, string>;
  /** ARGs that it declares or inherits, each declaration; undefined without a value. */
  readonly args: readonly DeclaredArg[];
  readonly platform: Platform;
  readonly workingDirectory: string;
  /** Whether a SHELL was given, and a WORKDIR. */
  readonly hasShell: boolean;
  readonly hasWorkdir: boolean;
  /** What it takes from the build context. */
  readonly contextPaths: readonly ContextPath[];
  /** The mounts of each RUN, in order. */
  readonly runs: readonly RunMounts[];
}

export interface RunMounts {
  readonly line: number;
  /** Whether the RUN is a trigger of the base. */
  readonly onbuild: boolean;
  readonly mounts: readonly Mount[];
}

/** A problem of a stage. */
export interface StageProblem {
  readonly problem: Problem;
  /** False when a variable was not set that the image below may set. */
  readonly certain: boolean;
}

/** A stage after its instructions, also when some of them are wrong. */
export interface DispatchedStage {
  readonly state: StageState;
  readonly problems: readonly StageProblem[];
  /** What breaks BuildKit's checks. */
  readonly findings: readonly Finding[];
}

export interface DeclaredArg {
  readonly name: string;
  readonly value: string | undefined;
  readonly origin: ArgOrigin;
  readonly line: number;
}

/** Where the value of an ARG comes from. */
export type ArgOrigin = 'build-arg' | 'default' | 'global' | 'unset';

export interface ContextPath {
  /** From the context's root, with a leading slash. */
  readonly path: string;
  readonly written: string;
  /** Whether every variable in it has a value that is known without the image below. */
  readonly known: boolean;
  readonly line: number;
  readonly instruction: 'COPY' | 'ADD' | 'RUN --mount';
}

/** What a stage is dispatched with. */
export interface DispatchContext {
  readonly escapeCharacter: string;
  readonly checks: CheckOptions;
  readonly args: GlobalArgs;
  /** The platform of the image. */
  readonly platform: Platform;
}

// In the body of a heredoc quotes mean nothing, and the backslash always escapes.
const HEREDOC_BODY: ExpandOptions = { escapeCharacter: '\\', ignoreQuotes: true };
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
// These are arguments of the build that instructions do not see.
const HIDDEN_ARGS = ['BUILDKIT_SBOM_SCAN_CONTEXT', 'BUILDKIT_SBOM_SCAN_STAGE'];

/**
 * Goes through the instructions of a stage, also behind one that is wrong.
 *
 * @param base the state of the stage that it starts from
 */
export function dispatchStage(
  node: Node,
  commands: readonly Command[],
  base: StageState | undefined,
  context: DispatchContext,
): DispatchedStage {
  const stage = new StageDispatcher(node, base, context);
  const problems: StageProblem[] = [];
  for (const command of commands) {
    try {
      locate('dispatch', command.at, () => stage.dispatch(command));
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      problems.push({ problem: error.problem, certain: stage.certain });
    }
  }
  return { state: stage.state(), problems, findings: stage.findings };
}

class StageDispatcher {
  readonly #node: Node;
  readonly #context: DispatchContext;
  readonly #variables: Map<string, string>;
  readonly #env: Map<string, string>;
  readonly #args: DeclaredArg[];
  readonly #platform: Platform;
  readonly #contextPaths: ContextPath[] = [];
  readonly #runs: RunMounts[] = [];
  readonly #isClosed: boolean;
  readonly #findings: Findings;
  readonly #plain: ExpandOptions;
  readonly #once = new Map<string, number>();
  #command: Command | undefined;
  #workingDirectory: string;
  #hasShell: boolean;
  #hasWorkdir: boolean;
  /** Whether the present instruction depends on no variable that the image below may set. */
  certain = true;

  constructor(node: Node, base: StageState | undefined, context: DispatchContext) {
    this.#node = node;
    this.#context = context;
    this.#variables = new Map(base?.variables);
    this.#env = new Map(base?.env);
    this.#args = [...(base?.args ?? [])];
    const isScratch = base === undefined && node.baseName === 'scratch';
    this.#platform = base?.platform ?? (isScratch ? context.platform : (node.platform ?? context.platform));
    this.#findings = new Findings(context.checks);
    this.#plain = { escapeCharacter: context.escapeCharacter };
    this.#hasShell = base?.hasShell ?? false;
    this.#hasWorkdir = base?.hasWorkdir ?? false;
    this.#isClosed = rootOf(node).baseName === 'scratch';
    this.#workingDirectory = base?.workingDirectory ?? (isScratch ? '/' : '');
    if (!this.#env.has('PATH') && !this.#isWindows) this.#env.set('PATH', DEFAULT_PATH);
    // An ENV of the base counts more than an ARG of that name that came behind it.
    for (const [name, value] of this.#env) this.#variables.set(name, value);
    if (this.#workingDirectory !== '')
      this.#workingDirectory = resolvePath(this.#workingDirectory, this.#workingDirectory, this.#isWindows);
  }

  get #isWindows(): boolean {
    return this.#platform.os === 'windows';
  }

  get findings(): readonly Finding[] {
    return this.#findings.found;
  }

  /** Adds a finding at the present instruction. */
  #report(rule: Rule, certain = true): void {
    const { at, instruction } = this.#command ?? {};
    this.#findings.add(rule, at?.line ?? this.#node.at.line, instruction?.parsed.comments, certain);
  }

  state(): StageState {
    return {
      variables: this.#variables,
      env: this.#env,
      args: this.#args,
      platform: this.#platform,
      workingDirectory: this.#workingDirectory,
      hasShell: this.#hasShell,
      hasWorkdir: this.#hasWorkdir,
      contextPaths: this.#contextPaths,
      runs: this.#runs,
    };
  }

  /** @throws {ValueError} */
  dispatch(command: Command): void {
    this.certain = true;
    this.#command = command;
    const { instruction } = command;
    switch (instruction.keyword) {
      case 'ARG':
        this.#declare(instruction);
        return;
      case 'ENV':
      case 'LABEL':
        this.#setPairs(instruction);
        return;
      case 'COPY':
      case 'ADD':
        this.#copy(instruction, command);
        return;
      case 'RUN':
        this.#run(instruction, command);
        return;
      case 'ONBUILD':
        return;
      default:
        this.#other(instruction);
    }
  }

  readonly #fill = (word: string): string => {
    const { text, unset } = this.#expand(word);
    this.#reportUnset(unset);
    return text;
  };

  #reportUnset(unset: ReadonlySet<string>): void {
    for (const name of unset)
      if (!HIDDEN_ARGS.includes(name) && !this.#args.some((arg) => arg.name === name))
        this.#report('UndefinedVar', this.#isClosed);
  }

  #expand(word: string, options: ExpandOptions = this.#plain): Expansion {
    return expand(word, this.#lookup, options);
  }

  readonly #lookup = (name: string): string | undefined => this.#value(name);

  #value(name: string): string | undefined {
    const value = this.#variables.get(name);
    if (value === undefined && !this.#isClosed) this.certain = false;
    return value;
  }

  #declare(instruction: ArgInstruction): void {
    for (const { name, default: written } of instruction.args) {
      const { value, origin } = this.#argValue(name, written);
      if (isSecretName(name)) this.#report('SecretsUsedInArgOrEnv');
      if (value !== undefined && !HIDDEN_ARGS.includes(name)) this.#variables.set(name, value);
      this.#args.push({ name, value, origin, line: instruction.line });
    }
  }

  #argValue(name: string, written: string | undefined): Pick<DeclaredArg, 'value' | 'origin'> {
    const given = this.#context.args.buildArgs(name);
    if (given !== undefined) return { value: given, origin: 'build-arg' };
    if (written !== undefined) return { value: this.#fill(written), origin: 'default' };
    const global = this.#context.args.values.get(name);
    return global === undefined ? { value: undefined, origin: 'unset' } : { value: global, origin: 'global' };
  }

  #setPairs({ keyword, pairs }: PairsInstruction): void {
    if (pairs.some(({ legacy }) => legacy)) this.#report('LegacyKeyValueFormat');
    const filled = pairs.map(({ name, value }) => [this.#fill(name), this.#fill(value)] as const);
    if (keyword === 'LABEL') return;
    for (const [name, value] of filled) {
      if (isSecretName(name)) this.#report('SecretsUsedInArgOrEnv');
      this.#variables.set(name, value);
      this.#env.set(name, value);
    }
  }

  #other({ keyword, words, parsed }: OtherInstruction): void {
    switch (keyword) {
      case 'WORKDIR':
        this.#changeDirectory(this.#fill(words[0] ?? ''));
        return;
      case 'SHELL':
        this.#hasShell = true;
        return;
      case 'CMD':
      case 'ENTRYPOINT':
      case 'HEALTHCHECK': {
        const before = this.#once.get(keyword);
        if (before !== undefined) this.#report('MultipleInstructionsDisallowed');
        this.#once.set(keyword, parsed.line);
        if (keyword !== 'HEALTHCHECK' && !parsed.json && !this.#hasShell)
          this.#report('JSONArgsRecommended', this.#isClosed);
        return;
      }
      case 'USER':
        this.#fill(words[0] ?? '');
        return;
      case 'STOPSIGNAL': {
        const signal = this.#fill(words[0] ?? '');
        if (!isSignal(signal)) throw new ValueError(`STOPSIGNAL is ${show(signal)}`, 'Write it as in SIGTERM or 15.');
        return;
      }
      case 'VOLUME':
        if (words.map(this.#fill).includes(''))
          throw new ValueError('VOLUME has an empty path', 'Give the variable in it a value.');
        return;
      case 'EXPOSE':
        for (const port of words.flatMap((word) => this.#expand(word).words)) this.#expose(port);
        return;
      default:
    }
  }

  #expose(port: string): void {
    const { protocol, hasHost } = checkPort(port);
    if (protocol !== protocol.toLowerCase()) this.#report('ExposeProtoCasing');
    if (hasHost) this.#report('ExposeInvalidFormat');
  }

  #changeDirectory(path: string): void {
    if (!this.#hasWorkdir && !isAbsolute(path, this.#isWindows)) this.#report('WorkdirRelativePath');
    this.#hasWorkdir = true;
    this.#workingDirectory = resolvePath(this.#workingDirectory, path, this.#isWindows);
  }

  #copy(instruction: FilesInstruction, { sources: from, at }: Command): void {
    const { keyword, flags } = instruction;
    this.#fill(flags.value('chown') ?? '');
    const mode = this.#fill(flags.value('chmod') ?? '');
    const checksum = keyword === 'ADD' ? this.#fill(flags.value('checksum') ?? '') : '';
    const filled = instruction.sources.map((each) => this.#fillPath(each));
    const sources = filled.map(({ text }) => text);
    const destination = this.#fill(instruction.destination);
    for (const { content, expand: hasVariables } of instruction.contents)
      if (hasVariables) this.#reportUnset(this.#expand(content, HEREDOC_BODY).unset);
    const [source] = from;
    if (source !== undefined) this.#requireAbove(source, `COPY --from=${source.from}`);

    withoutDrive(destination, this.#isWindows);
    if (mode !== '' && !isFileMode(mode))
      throw new ValueError(`${keyword} --chmod is ${show(mode)}`, 'Write it as in --chmod=0644 or --chmod=u=rw,go=r.');
    if (checksum !== '') checkChecksum(checksum, sources);
    for (const each of sources) this.#checkSource(each, { instruction, checksum });
    for (const { name } of instruction.contents) withoutDrive(name, this.#isWindows);
    if (source !== undefined) return;
    for (const { text, known, written } of filled) {
      if (keyword === 'ADD' && /^https?:\/\//.test(text)) continue;
      this.#contextPaths.push({ path: joinPaths('/', text), written, known, line: at.line, instruction: keyword });
    }
  }

  #fillPath(written: string): { written: string; text: string; known: boolean } {
    const { text, unset } = this.#expand(written);
    this.#reportUnset(unset);
    return { written, text, known: this.#isClosed || unset.size === 0 };
  }

  #checkSource(source: string, { instruction, checksum }: { instruction: FilesInstruction; checksum: string }): void {
    const git = readGitSource(source);
    if (git !== undefined) {
      if (instruction.keyword === 'COPY')
        throw new ValueError(`COPY takes no Git repository, and ${show(source)} is one`, 'Use ADD.');
      const keep = instruction.flags.value('keep-git-dir');
      if (keep !== undefined && git.keepGitDir !== undefined && git.keepGitDir !== (keep === 'true'))
        throw new ValueError(`ADD --keep-git-dir=${keep} and ${show(source)} differ`, 'Keep one of the two.');
      if (checksum !== '' && git.checksum !== '' && checksum !== git.checksum)
        throw new ValueError(`ADD --checksum and ${show(source)} differ`, 'Keep one of the two.');
      return;
    }
    if (isHttpSource(source)) {
      if (instruction.keyword === 'COPY')
        throw new ValueError(`COPY takes no URL, and ${show(source)} is one`, 'Use ADD.');
      if (checksum !== '' && !isDigest(checksum))
        throw new ValueError(`ADD --checksum is ${show(checksum)}`, 'Write it as in --checksum=sha256:….');
      return;
    }
    withoutDrive(source, this.#isWindows);
  }

  /** What an instruction reads from has to be built before: a stage further down is not. */
  #requireAbove({ node }: Source, what: string): void {
    if (node.kind === 'image' || node.index <= this.#node.index) return;
    throw new ValueError(
      `${what} names a stage that begins below, in line ${node.at.line}`,
      'Move that stage above this one.',
    );
  }

  #run(instruction: RunInstruction, { sources, onbuild, at }: Command): void {
    const mounts = instruction.mounts.map(({ flag }) => this.#readMount(flag));
    for (const [index, mount] of mounts.entries()) this.#mount(mount, sources[index], at.line);
    this.#runs.push({ line: at.line, onbuild, mounts });
  }

  #readMount(flag: string): Mount {
    const mount = readMount(flag, this.#fill);
    if (mount.type !== 'cache' || mount.id !== '') return mount;
    return { ...mount, id: mount.target === '' ? '.' : joinPaths(mount.target) };
  }

  #mount(mount: Mount, source: Source | undefined, line: number): void {
    const { type, from, target } = mount;
    const fromElsewhere = from !== '' || type === 'cache';
    if (fromElsewhere && source !== undefined) this.#requireAbove(source, `the mount's from=${from}`);
    if (type === 'secret') return;
    if (type === 'ssh') {
      if (mount.source !== '') throw new ValueError('a mount of type ssh has no source', 'Write id=NAME.');
      return;
    }
    const folder = this.#workingDirectory === '' ? '/' : this.#workingDirectory;
    const place = target.startsWith('/') ? joinPaths(target) : joinPaths('/', folder, target);
    if (place === '/') throw new ValueError('a mount has no target, or the target "/"', 'Write target=/folder.');
    if (fromElsewhere) return;
    this.#contextPaths.push({
      path: joinPaths('/', mount.source),
      written: mount.source,
      known: this.certain,
      line,
      instruction: 'RUN --mount',
    });
  }
}

const SECRET_NAME = /(?:_|^)(?:apikey|auth|credentials?|key|password|pword|passwd|secret|token)(?:_|$)/iu;
const PUBLIC_NAME = /(?:_|^)(?:public|file|version)(?:_|$)/iu;

function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) && !PUBLIC_NAME.test(name);
}

function isAbsolute(path: string, windows: boolean): boolean {
  try {
    return withoutDrive(path, windows).startsWith('/');
  } catch (error) {
    if (error instanceof ValueError) return false;
    throw error;
  }
}

function rootOf(node: Node): Node {
  let root = node;
  while (root.base !== undefined) root = root.base;
  return root;
}

function checkChecksum(checksum: string, sources: readonly string[]): void {
  const [source] = sources;
  if (source === undefined || sources.length > 1)
    throw new ValueError(`ADD --checksum=${checksum} needs one source`, 'Write one ADD for each source.');
  if (!isHttpSource(source) && !isGitSource(source))
    throw new ValueError(`ADD --checksum needs a URL or a Git repository, and ${show(source)} is a path`);
}
