import { readFile, writeFile } from 'node:fs/promises';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { AUDIT_COMMANDS } from '../src/cli/audit/commands.ts';
import { BUILD_COMMANDS } from '../src/cli/build/commands.ts';
import { COMMANDS } from '../src/cli/commands.ts';
import { COMPLETION_COMMANDS } from '../src/cli/completion/commands.ts';
import { CONFIG_COMMANDS } from '../src/cli/config/commands.ts';
import { CONTAINER_COMMANDS } from '../src/cli/containers/commands.ts';
import { DIFF_COMMANDS } from '../src/cli/diff/commands.ts';
import { type CommandSpec, hyphenatedName } from '../src/cli/framework/command.ts';
import { GLOBAL_OPTIONS, HELP_OPTION, VERSION_OPTION } from '../src/cli/framework/options.ts';
import { GATE_COMMANDS } from '../src/cli/gate/commands.ts';
import { HARBOR_COMMANDS } from '../src/cli/harbor/commands.ts';
import { INIT_COMMANDS } from '../src/cli/init/commands.ts';
import { K3S_COMMANDS } from '../src/cli/k3s/commands.ts';
import { PIPELINE_COMMANDS } from '../src/cli/pipeline/commands.ts';
import { PLAN_COMMANDS } from '../src/cli/plan/commands.ts';
import { PREFLIGHT_COMMANDS } from '../src/cli/preflight/commands.ts';
import { RELEASE_COMMANDS } from '../src/cli/releases/commands.ts';
import { ROLLBACK_COMMANDS } from '../src/cli/rollback/commands.ts';
import { COMMAND_PERMISSIONS, type CommandPermissions } from '../src/harbor/permissions.ts';

interface Page {
  readonly file: string;
  /** The commands that the page describes. */
  readonly commands: readonly CommandSpec[];
}

/** The pages of docs/cli with generated parts. */
export const CLI_PAGES: readonly Page[] = [
  { file: 'README.md', commands: [] },
  { file: 'build.md', commands: BUILD_COMMANDS },
  { file: 'plan.md', commands: PLAN_COMMANDS },
  { file: 'pipeline.md', commands: PIPELINE_COMMANDS },
  { file: 'gate.md', commands: GATE_COMMANDS },
  { file: 'releases.md', commands: RELEASE_COMMANDS },
  { file: 'rollback.md', commands: ROLLBACK_COMMANDS },
  { file: 'audit.md', commands: AUDIT_COMMANDS },
  { file: 'diff.md', commands: DIFF_COMMANDS },
  { file: 'preflight.md', commands: PREFLIGHT_COMMANDS },
  { file: 'harbor.md', commands: HARBOR_COMMANDS },
  { file: 'containers.md', commands: CONTAINER_COMMANDS },
  { file: 'init.md', commands: INIT_COMMANDS },
  { file: 'config.md', commands: [...CONFIG_COMMANDS, ...COMPLETION_COMMANDS] },
  { file: 'k3s.md', commands: K3S_COMMANDS },
];

/** What stands between `<!-- begin NAME -->` and `<!-- end NAME -->`. */
const BLOCK = /<!-- begin (.+?) -->\n[\s\S]*?<!-- end \1 -->/g;

/**
 * Replaces the generated blocks of a page: `command NAME`, `all commands`, `global options` and `permissions`.
 *
 * @throws when a block has an unknown name, or the page lacks the block of one of its commands.
 */
export function updatePage(text: string, { file, commands }: Page): string {
  const found = new Set<string>();
  const updated = text.replace(BLOCK, (_, name: string) => {
    found.add(name);
    return `<!-- begin ${name} -->\n\n${renderBlock(name)}\n\n<!-- end ${name} -->`;
  });
  const missing = commands.find((command) => !found.has(`command ${command.name}`));
  if (missing !== undefined) throw new Error(`docs/cli/${file} has no block "command ${missing.name}"`);
  return updated;
}

function renderBlock(name: string): string {
  if (name === 'all commands') return renderIndex();
  if (name === 'global options') return renderOptions([...GLOBAL_OPTIONS, HELP_OPTION, VERSION_OPTION]);
  if (name === 'permissions') return renderPermissions();
  const command = COMMANDS.find((candidate) => `command ${candidate.name}` === name);
  if (command === undefined) throw new Error(`there is no generated block "${name}"`);
  return renderCommand(command);
}

function renderIndex(): string {
  const rows = CLI_PAGES.flatMap(({ file, commands }) =>
    commands.map((command) => {
      const aliases = (command.aliases ?? []).map((alias) => `, \`${alias}\``).join('');
      return [`[\`${command.name}\`](${file}#${hyphenatedName(command)})${aliases}`, escapeCell(command.summary)];
    }),
  );
  return renderTable(['command', 'what it does'], rows);
}

function renderPermissions(): string {
  const commands = Object.values<CommandPermissions>(COMMAND_PERMISSIONS);
  const code = (texts: readonly string[]) => texts.map((text) => `\`${text}\``).join(', ');
  const rows = commands.map(({ command, needs, wants, uses }) => [
    code([command]),
    code(needs),
    code([...wants, ...uses].map(({ permission }) => permission)),
  ]);
  const effects = new Map(
    commands.flatMap(({ wants, uses }) => [...wants, ...uses]).map(({ permission, without }) => [permission, without]),
  );
  return [
    renderTable(['command', 'needs', 'uses if it is there'], rows),
    renderTable(
      ['without', 'what happens'],
      [...effects].map(([permission, without]) => [code([permission]), without]),
    ),
  ].join('\n\n');
}

function renderCommand({ name, examples, arguments: args, options }: CommandSpec): string {
  const width = Math.max(...examples.map(({ command }) => command.length));
  const lines = examples.map(({ command, comment }) =>
    comment === undefined ? command : `${command.padEnd(width)}  # ${comment}`,
  );
  const usage = ['objdocker', name, ...(options.length > 0 ? ['[options]'] : []), ...args.map((arg) => arg.name)];
  const parts = [`Usage: \`${usage.join(' ')}\``, ['```sh', ...lines, '```'].join('\n')];
  if (args.length + options.length > 0) {
    const rows = args.map((arg) => ({ flags: arg.name, description: arg.description, choices: arg.choices }));
    parts.push(renderOptions([...rows, ...options]));
  }
  return parts.join('\n\n');
}

interface DocumentedOption {
  readonly flags: string;
  readonly description: string;
  readonly choices?: readonly string[] | undefined;
}

function renderOptions(options: readonly DocumentedOption[]): string {
  const rows = options.map(({ flags, description, choices }) => {
    const named = choices === undefined || choices.every((choice) => description.includes(choice));
    const list = named ? '' : `: ${choices.map((choice) => `\`${choice}\``).join(', ')}`;
    return [`\`${flags}\``, `${escapeCell(description)}${list}`];
  });
  return renderTable(['argument or option', 'what it does'], rows);
}

/** Text that Markdown must not interpret. */
function escapeCell(text: string): string {
  return text.replaceAll(/_(?=_)|(?<=_)_|[|*<]/g, '\\$&');
}

function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, column) => Math.max(cell.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(line)].join('\n');
}

/** The path of a page on this machine. */
export function pagePath({ file }: Page): string {
  return fileURLToPath(new URL(`../docs/cli/${file}`, import.meta.url));
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  for (const page of CLI_PAGES) {
    const path = pagePath(page);
    await writeFile(path, updatePage(await readFile(path, 'utf8'), page));
    console.log(`docs/cli/${page.file}`);
  }
}
