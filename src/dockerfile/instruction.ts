import { type Instruction as AstInstruction, type Dockerfile, DockerfileParser } from 'dockerfile-ast';

/** One instruction of a Dockerfile, independent of the parser. */
export interface Instruction {
  /** Upper case. */
  readonly keyword: string;
  /** 1-based, of the instruction's first and last line; heredoc bodies belong to it. */
  readonly line: number;
  readonly endLine: number;
  readonly flags: readonly InstructionFlag[];
  /** The words after the flags, or the strings of the JSON form; without the bodies of heredocs. */
  readonly words: readonly string[];
  /** `NAME` or `NAME=value` of an ARG or ENV; the value as written, quotes included. */
  readonly properties: readonly InstructionProperty[];
  readonly heredocs: readonly InstructionHeredoc[];
  /** The instruction on one line, white space collapsed, heredoc bodies left out. */
  readonly text: string;
  /** What an ONBUILD registers. */
  readonly trigger?: Instruction;
}

export interface InstructionFlag {
  readonly name: string;
  readonly value: string;
}

export interface InstructionProperty {
  readonly name: string;
  readonly value?: string;
}

export interface InstructionHeredoc {
  readonly name: string;
  readonly closed: boolean;
}

/** A Dockerfile as a list of instructions. */
export interface ParsedDockerfile {
  readonly instructions: readonly Instruction[];
  readonly escapeCharacter: string;
  /** The image of a `# syntax=` line. */
  readonly syntax?: string;
}

/** Splits the text of a Dockerfile into instructions. Nothing is judged here; the parser takes any text. */
export function parseInstructions(text: string): ParsedDockerfile {
  const dockerfile = DockerfileParser.parse(text.replace(/^\uFEFF/, ''));
  const escapeCharacter = dockerfile.getEscapeCharacter();
  const syntax = dockerfile.getDirectives().find((directive) => directive.getName().toLowerCase() === 'syntax');
  return {
    instructions: instructionsOf(dockerfile, escapeCharacter),
    escapeCharacter,
    ...(syntax === undefined ? {} : { syntax: syntax.getValue() }),
  };
}

function instructionsOf(dockerfile: Dockerfile, escapeCharacter: string): Instruction[] {
  return dockerfile.getInstructions().map((instruction) => convert(instruction, escapeCharacter));
}

function convert(ast: AstInstruction, escapeCharacter: string): Instruction {
  const range = ast.getRange();
  const keyword = ast.getKeyword();
  const heredocs = heredocsOf(ast);
  const withoutBodies = argumentText(ast, heredocs.length > 0);
  const trigger = keyword === 'ONBUILD' ? triggerOf(withoutBodies, range.start.line, escapeCharacter) : undefined;
  return {
    keyword,
    line: range.start.line + 1,
    endLine: range.end.line + 1,
    flags: flagsOf(ast),
    words: jsonWords(withoutBodies) ?? wordsOf(ast, heredocs.length > 0),
    properties: propertiesOf(ast, escapeCharacter),
    heredocs,
    text: `${keyword} ${rawText(ast, heredocs.length > 0)}`.replace(/\s+/g, ' ').trim(),
    ...(trigger === undefined ? {} : { trigger }),
  };
}

/** The trigger's own lines are not known to the parser: it gets those of its ONBUILD. */
function triggerOf(text: string, line: number, escapeCharacter: string): Instruction | undefined {
  const [trigger] = instructionsOf(DockerfileParser.parse(`# escape=${escapeCharacter}\n${text}\n`), escapeCharacter);
  return trigger === undefined ? undefined : { ...trigger, line: line + 1, endLine: line + 1 };
}

/** With flags, without heredoc bodies. */
function rawText(ast: AstInstruction, hasHeredoc: boolean): string {
  const flags = flagsOf(ast).map(({ name, value }) => `--${name}=${value}`);
  return [...flags, argumentText(ast, hasHeredoc)].join(' ');
}

function argumentText(ast: AstInstruction, hasHeredoc: boolean): string {
  const text = ast.getArgumentsContent() ?? '';
  return hasHeredoc ? (text.split('\n', 1)[0] ?? '') : text;
}

function wordsOf(ast: AstInstruction, hasHeredoc: boolean): string[] {
  const words = ast.getArguments();
  // The parser counts the lines of a heredoc's body as arguments.
  const line = words[0]?.getRange().start.line;
  return words.filter((word) => !hasHeredoc || word.getRange().start.line === line).map((word) => word.getValue());
}

/** The JSON form (`COPY ["a b", "c"]`), read as JSON: the parser's own reading drops spaces. */
function jsonWords(text: string): string[] | undefined {
  if (!text.startsWith('[')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined;
  } catch {
    return undefined;
  }
}

// The parser's public types lack these methods for some instructions that have them (ADD's heredocs are "protected").
function listFrom(ast: object, method: string): unknown[] {
  const property: unknown = Reflect.get(ast, method);
  const value: unknown = typeof property === 'function' ? property.call(ast) : [];
  return Array.isArray(value) ? value : [];
}

function stringFrom(item: unknown, method: string): string | undefined {
  if (typeof item !== 'object' || item === null) return undefined;
  const property: unknown = Reflect.get(item, method);
  const value: unknown = typeof property === 'function' ? property.call(item) : undefined;
  return typeof value === 'string' ? value : undefined;
}

function flagsOf(ast: AstInstruction): InstructionFlag[] {
  return listFrom(ast, 'getFlags').map((flag) => ({
    name: stringFrom(flag, 'getName') ?? '',
    // Quotes only group here, as in a shell.
    value: (stringFrom(flag, 'getValue') ?? '').replace(/(["'])(.*?)\1/g, '$2'),
  }));
}

function propertiesOf(ast: AstInstruction, escapeCharacter: string): InstructionProperty[] {
  const written = ast.getKeyword() === 'ARG' ? listFrom(ast, 'getPropertyArguments') : [];
  // The parser takes `ARG A B` for the older form of ENV, a name and its value: each is a name here.
  if (written.length > 1) return written.flatMap((item) => propertiesOf(argOf(item, escapeCharacter), escapeCharacter));
  return listFrom(ast, 'getProperties').map((property) => {
    const value = stringFrom(property, 'getUnescapedValue');
    return { name: stringFrom(property, 'getName') ?? '', ...(value === undefined ? {} : { value }) };
  });
}

function argOf(item: unknown, escapeCharacter: string): AstInstruction {
  const text = `# escape=${escapeCharacter}\nARG ${stringFrom(item, 'getValue') ?? ''}\n`;
  const [arg] = DockerfileParser.parse(text).getInstructions();
  if (arg === undefined) throw new TypeError('an ARG that was read cannot be read again');
  return arg;
}

function heredocsOf(ast: AstInstruction): InstructionHeredoc[] {
  return listFrom(ast, 'getHeredocs').map((heredoc) => ({
    name: stringFrom(heredoc, 'getName') ?? '',
    closed: isClosed(heredoc),
  }));
}

function isClosed(heredoc: unknown): boolean {
  if (typeof heredoc !== 'object' || heredoc === null) return false;
  const method: unknown = Reflect.get(heredoc, 'getDelimiterRange');
  return typeof method === 'function' && method.call(heredoc) !== null;
}
