import type { CheckOptions } from '../checks/options.ts';
import { type Rule, type RuleViolation, RuleViolations } from '../checks/rule-violations.ts';
import type { BodyInstruction, RunMount } from '../instructions/instruction.ts';
import type { Mount } from '../instructions/mounts.ts';
import { ValueError } from '../problem.ts';
import { type ExpandOptions, type Expansion, expand } from '../syntax/shell-lexer.ts';
import { isPlain, unquote } from '../syntax/simple-text.ts';
import { resolvePath, withoutDrive } from '../values/paths.ts';
import type { Platform } from '../values/platform.ts';
import type { InstructionUse } from './build-instruction.ts';
import type { GlobalArgs } from './build-request.ts';
import type { Node, Source } from './graph.ts';
import type { ArgOrigin, ContextPath, DeclaredArg, RemoteSource, RunMounts, StageState } from './stage-state.ts';

/** What a stage is dispatched with. */
export interface DispatchContext {
  readonly escapeCharacter: string;
  readonly checks: CheckOptions;
  readonly args: GlobalArgs;
  /** The platform of the image. */
  readonly platform: Platform;
  /** Is told what each instruction used. @default nobody */
  readonly onInstruction?: (use: InstructionUse) => void;
}

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
// These are arguments of the build that instructions do not see.
const HIDDEN_ARGS = ['BUILDKIT_SBOM_SCAN_CONTEXT', 'BUILDKIT_SBOM_SCAN_STAGE'];

/** A stage between two of its instructions: what they see, and what was found so far. */
export class StageScope {
  readonly node: Node;
  /** Whether no image below can set a variable. */
  readonly isClosed: boolean;
  readonly contextPaths: ContextPath[] = [];
  readonly runs: RunMounts[] = [];
  /** URLs and Git repositories that ADD fetches. */
  readonly remotes: RemoteSource[] = [];
  /** The mounts without variables that were read. */
  readonly plainMounts = new Map<RunMount, Mount>();
  workingDirectory: string;
  hasShell: boolean;
  hasWorkdir: boolean;
  /** Whether the present instruction depends on no variable that the image below may set. */
  certain = true;
  readonly #context: DispatchContext;
  readonly #variables: Map<string, string>;
  readonly #env: Map<string, string>;
  readonly #args: DeclaredArg[];
  readonly #platform: Platform;
  readonly #violations: RuleViolations;
  readonly #plain: ExpandOptions;
  readonly #used = new Set<string>();
  #instruction: BodyInstruction | undefined;

  constructor(node: Node, base: StageState | undefined, context: DispatchContext) {
    this.node = node;
    this.#context = context;
    this.#variables = new Map(base?.variables);
    this.#env = new Map(base?.env);
    this.#args = [...(base?.args ?? [])];
    const isScratch = base === undefined && node.baseName === 'scratch';
    this.#platform = base?.platform ?? (isScratch ? context.platform : (node.platform ?? context.platform));
    this.#violations = new RuleViolations(context.checks);
    this.#plain = { escapeCharacter: context.escapeCharacter };
    this.hasShell = base?.hasShell ?? false;
    this.hasWorkdir = base?.hasWorkdir ?? false;
    this.isClosed = rootOf(node).baseName === 'scratch';
    this.workingDirectory = base?.workingDirectory ?? (isScratch ? '/' : '');
    if (!this.#env.has('PATH') && !this.isWindows) this.#env.set('PATH', DEFAULT_PATH);
    // An ENV of the base counts more than an ARG of that name that came behind it.
    for (const [name, value] of this.#env) this.#variables.set(name, value);
    if (this.workingDirectory !== '')
      this.workingDirectory = resolvePath(this.workingDirectory, this.workingDirectory, this.isWindows);
  }

  get isWindows(): boolean {
    return this.#platform.os === 'windows';
  }

  get violations(): readonly RuleViolation[] {
    return this.#violations.found;
  }

  state(): StageState {
    return {
      variables: this.#variables,
      env: this.#env,
      args: this.#args,
      platform: this.#platform,
      workingDirectory: this.workingDirectory,
      hasShell: this.hasShell,
      hasWorkdir: this.hasWorkdir,
      contextPaths: this.contextPaths,
      runs: this.runs,
    };
  }

  /** Begins an instruction. */
  enter(instruction: BodyInstruction): void {
    this.certain = true;
    this.#instruction = instruction;
  }

  /** Does the work of an instruction, and tells what that used, also when it fails. */
  record(
    read: { readonly instruction: BodyInstruction; readonly sources: readonly Source[] },
    work: () => void,
    onInstruction: (use: InstructionUse) => void,
  ): void {
    this.#used.clear();
    const paths = this.contextPaths.length;
    const remotes = this.remotes.length;
    const inScope = new Map<string, string>();
    for (const { name, value } of this.#args) {
      const effective = this.#variables.get(name) ?? value;
      if (effective !== undefined) inScope.set(name, effective);
    }
    let isRead = false;
    try {
      work();
      isRead = true;
    } finally {
      onInstruction({
        ...read,
        isRead,
        inScope,
        used: new Set(this.#used),
        contextPaths: this.contextPaths.slice(paths),
        remotes: this.remotes.slice(remotes),
      });
    }
  }

  /** Adds a violation at the present instruction. */
  report(rule: Rule, certain = true): void {
    const { line } = this.#instruction ?? this.node.at;
    this.#violations.add(rule, line, this.#instruction?.parsed.comments, certain);
  }

  /** A word with its variables filled in. */
  readonly fill = (word: string): string => {
    const simple = isPlain(word) ? word : unquote(word);
    if (simple !== undefined) return simple;
    const { text, unset } = this.expand(word);
    this.reportUnset(unset);
    return text;
  };

  expand(word: string, options: ExpandOptions = this.#plain): Expansion {
    return expand(word, this.#lookup, options);
  }

  reportUnset(unset: ReadonlySet<string>): void {
    for (const name of unset)
      if (!HIDDEN_ARGS.includes(name) && !this.#args.some((arg) => arg.name === name))
        this.report('UndefinedVar', this.isClosed);
  }

  readonly #lookup = (name: string): string | undefined => {
    this.#used.add(name);
    const value = this.#variables.get(name);
    if (value === undefined && !this.isClosed) this.certain = false;
    return value;
  };

  declareArg(name: string, written: string | undefined, line: number): void {
    const { value, origin } = this.#argValue(name, written);
    if (isSecretName(name)) this.report('SecretsUsedInArgOrEnv');
    if (value !== undefined && !HIDDEN_ARGS.includes(name)) this.#variables.set(name, value);
    this.#args.push({ name, value, origin, line });
  }

  #argValue(name: string, written: string | undefined): { value: string | undefined; origin: ArgOrigin } {
    const given = this.#context.args.buildArgs(name);
    if (given !== undefined) return { value: given, origin: 'build-arg' };
    if (written !== undefined) return { value: this.fill(written), origin: 'default' };
    const global = this.#context.args.values.get(name);
    return global === undefined ? { value: undefined, origin: 'unset' } : { value: global, origin: 'global' };
  }

  setEnv(name: string, value: string): void {
    if (isSecretName(name)) this.report('SecretsUsedInArgOrEnv');
    this.#variables.set(name, value);
    this.#env.set(name, value);
  }

  changeDirectory(path: string): void {
    if (!this.hasWorkdir && !isAbsolute(path, this.isWindows)) this.report('WorkdirRelativePath');
    this.hasWorkdir = true;
    this.workingDirectory = resolvePath(this.workingDirectory, path, this.isWindows);
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
