import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../commands.ts';
import { readArgumentVector } from './argument-vector.ts';
import { longNames, takesValue } from './command.ts';
import { GLOBAL_OPTIONS } from './options.ts';
import { parseArguments } from './parse-arguments.ts';

const invoke = (...argv: string[]) =>
  parseArguments(readArgumentVector(argv, COMMANDS), { commands: COMMANDS, version: '1.2.3' });

const parse = (...argv: string[]) => {
  const invocation = invoke(...argv);
  if (invocation.kind !== 'command') throw new Error(`not a command: ${invocation.text}`);
  return invocation;
};

/** How many arguments a command needs. */
const argumentsOf = (name: string) =>
  COMMANDS.find((command) => command.name === name)?.arguments.filter((argument) => !argument.name.startsWith('['))
    .length ?? 0;

describe('parseArguments', () => {
  it('finds a command with its argument and flags', () => {
    const { spec, args, options } = parse(
      'build',
      'homechoice',
      '-s',
      'api',
      '--service',
      'report',
      '--no-cache',
      '--json',
    );
    expect(spec.name).toBe('build');
    expect(args).toEqual(['homechoice']);
    expect(options).toMatchObject({ service: ['api', 'report'], cache: false, json: true });
  });

  it('takes global options before and after the command', () => {
    expect(parse('-c', 'x.yaml', 'preflight').options.config).toBe('x.yaml');
    expect(parse('preflight', '-c', 'x.yaml').options.config).toBe('x.yaml');
    expect(parse('registry', '-H', 'unix:///x', 'host:5000').options.host).toBe('unix:///x');
  });

  it.each([
    [['config', 'check'], 'config check'],
    [['config-check'], 'config check'],
    [['-c', 'config.yaml', 'config', 'show', 'homechoice'], 'config show'],
  ])('%j is one command', (argv, name) => expect(parse(...argv).spec.name).toBe(name));

  it.each([
    [['-it', 'web', 'ls', '--json', '-la'], ['web', 'ls', '--json', '-la'], { interactive: true, tty: true }],
    [['web', '--', 'sh', '-c', 'exit 3'], ['web', 'sh', '-c', 'exit 3'], {}],
    [['--user', '0', '-e', 'A', '--env', 'B=c d', 'web', 'env'], ['web', 'env'], { user: '0', env: ['A', 'B=c d'] }],
    [['--', 'web', '-i', '--', ''], ['web', '-i', '--', ''], {}],
    [['--timeout', '-1', 'web', '--version'], ['web', '--version'], { timeout: '-1' }],
  ])('exec %j keeps the command as it is', (argv, args, options) => {
    const invocation = parse('exec', ...argv);
    expect(invocation.args).toEqual(args);
    expect(invocation.options).toEqual({ ...options, color: true });
  });

  it('takes no words of a command apart', () => {
    const hostile = ['$(reboot)', '\'; "x"', 'a b', 'a\nb', '𝒳', '-', '--', '', '__proto__', '-v', '--context=x'];
    expect(parse('exec', 'web', 'echo', ...hostile).args).toEqual(['web', 'echo', ...hostile]);
  });

  it.each([
    ['an unknown command', ['bild'], /unknown command "bild" \(did you mean "build"\?\)/],
    ['an unknown option', ['build', '--nocache'], /^unknown option "--nocache"$/],
    ['too many arguments', ['build', 'a', 'b'], /^too many arguments for "build"\. Expected/],
    ['an option without its value', ['build', '--tag'], /^option "-t, --tag <tag>" argument missing$/],
    ['an unknown option of a command of two words', ['config', 'check', '--bad'], /^unknown option "--bad"$/],
    ['an unknown option with quotes and lines', ['list', "--it's\n'"], /^unknown option "--it's\\n'"$/],
    ['exec without a container', ['exec', '-it'], /^missing required argument "NAME"$/],
    ['exec without a command', ['exec', 'web'], /^missing required argument "CMD"$/],
    ['exec with an unknown option', ['exec', '-itx', 'web', 'ls'], /^unknown option "-x"$/],
  ])('refuses %s with a hint', (_what, argv, message) => {
    expect(() => parse(...argv)).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        message: expect.stringMatching(message),
        hint: expect.stringContaining('--help'),
      }),
    );
  });

  it.each([
    [
      ['build', '--progress', 'plian'],
      '--progress cannot be "plian" (did you mean "plain"?)',
      'One of: auto, tty, plain',
    ],
    [
      ['ps', '--status', 'exited', '--status', 'runing'],
      '--status cannot be "runing" (did you mean "running"?)',
      'One of',
    ],
    [['push', '-t', 'a', '--tag', 'b'], '--tag is given twice: "a" and "b"', 'Give one of them.'],
    [['-c', 'a.yaml', 'push', '-c', 'a.yaml'], '--config is given twice: "a.yaml" and "a.yaml"', 'Give one of them.'],
    [['push', '--config', '-'], '--config cannot be "-", which would be standard input or output', './-'],
    [['pipeline', '--report=-'], '--report cannot be "-", which would be standard input or output', './-'],
    [
      ['init', '--requirements', 'api=-'],
      '--requirements cannot be "-", which would be standard input or output',
      './-',
    ],
  ])('refuses the values of %j', (argv, message, hint) => {
    expect(() => parse(...argv)).toThrow(
      expect.objectContaining({ code: 'USAGE', message, hint: expect.stringContaining(hint) }),
    );
  });

  it('collects a repeated option in a list, or refuses it: it never ignores a value', () => {
    for (const { name, options } of COMMANDS) {
      for (const option of options.filter(takesValue)) {
        const flag = longNames(option)[0] ?? '';
        const [first = '', second = ''] = option.choices ?? ['first', 'second'];
        const words = [...name.split(' '), flag, first, flag, second, 'argument', 'argument'];
        const invocation = () => parse(...words.slice(0, words.length - 2 + argumentsOf(name)));
        if (option.repeatable) expect(Object.values(invocation().options), flag).toContainEqual([first, second]);
        else expect(invocation, `${name} ${flag}`).toThrow(`${flag} is given twice`);
      }
    }
  });

  it('says of every path what "-" is', () => {
    const paths = /<(file|path|folder)>/;
    const elsewhere = ['--workdir', '--health-path'];
    for (const { name, options } of [...COMMANDS, { name: 'all', options: GLOBAL_OPTIONS }]) {
      for (const option of options.filter(({ flags }) => paths.test(flags))) {
        if (elsewhere.some((flag) => longNames(option).includes(flag))) continue;
        expect(option.dash, `${name} ${option.flags}`).toBeDefined();
        if (option.dash !== 'nothing') expect(option.description).toContain(`- for ${option.dash}`);
      }
    }
  });

  it.each([
    [['config'], 'missing subcommand for "config"', 'config check'],
    [['config', '--json'], 'missing subcommand for "config"', 'config check'],
    [['harbor'], 'missing subcommand for "harbor"', 'harbor-repos'],
    [['config', 'chek'], 'unknown command "config chek" (did you mean "config check"?)', 'config show'],
    [['config', 'chek', '--help'], 'unknown command "config chek" (did you mean "config check"?)', 'config show'],
    [['help', 'config', 'chek'], 'unknown command "config chek" (did you mean "config check"?)', 'config show'],
    [['harbor', 'reops'], 'unknown command "harbor reops" (did you mean "harbor-repos"?)', 'harbor-untag'],
    [['harbor-reops'], 'unknown command "harbor-reops" (did you mean "harbor-repos"?)', 'objdocker --help'],
    [['biuld'], 'unknown command "biuld" (did you mean "build"?)', 'objdocker --help'],
    [['help', 'biuld'], 'unknown command "biuld" (did you mean "build"?)', 'objdocker --help'],
    [['biuld', '--help'], 'unknown command "biuld" (did you mean "build"?)', 'objdocker --help'],
    [['biuld', 'homechoice', '--no-cache'], 'unknown command "biuld" (did you mean "build"?)', 'objdocker --help'],
    [['habror', 'repos'], 'unknown command "habror" (did you mean "harbor-repos"?)', 'objdocker --help'],
    [['hlep'], 'unknown command "hlep" (did you mean "help"?)', 'objdocker --help'],
    [['frobnicate'], 'unknown command "frobnicate"', 'objdocker --help'],
  ])('says of %j what is unknown or missing, and what is nearest', (argv, message, hint) => {
    expect(() => parse(...argv)).toThrow(
      expect.objectContaining({ code: 'USAGE', message, hint: expect.stringContaining(hint) }),
    );
  });

  it.each([[['config', '--help']], [['help', 'config']], [['config', '-h']]])(
    'prints the commands of a group for %j',
    (argv) => {
      const help = invoke(...argv);
      expect(help).toMatchObject({ kind: 'text', name: 'help' });
      for (const name of ['config check', 'config show [PACKAGE]', 'config schema'])
        expect(help).toMatchObject({ text: expect.stringContaining(`\n  ${name}  `) });
      expect(help).toMatchObject({ text: expect.not.stringContaining('harbor') });
    },
  );

  it.each([[[]], [['help']], [['--help']], [['--json']]])('prints the help of the program for %j', (argv) => {
    expect(invoke(...argv)).toMatchObject({
      kind: 'text',
      name: 'help',
      text: expect.stringMatching(
        /^Build, push, scan and release .*\n\nExamples:\n[\s\S]*\nUsage: objdocker \[options\]/,
      ),
    });
  });

  it('starts the help of a command with what it does and its examples', () => {
    expect(invoke('help', 'push')).toMatchObject({
      text: expect.stringMatching(
        /^Push the package's images, each shared layer once\.\n\nExamples:\n {2}objdocker push\n[\s\S]*\n\nUsage: objdocker push /,
      ),
    });
  });

  it('prints the help of a command of two words', () => {
    expect(invoke('help', 'config', 'check')).toMatchObject({
      name: 'help',
      text: expect.stringContaining('objdocker config-check'),
    });
  });

  it('prints help for the program and for each command', () => {
    const help = invoke('--help');
    for (const { name, summary } of COMMANDS) {
      expect(help).toMatchObject({ kind: 'text', text: expect.stringContaining(`  ${name}`) });
      expect(invoke(...name.split(' '), '--help')).toMatchObject({
        kind: 'text',
        text: expect.stringMatching(new RegExp(summary.slice(1, 12))),
      });
    }
  });

  it('lists every command in a group that says what it is for', () => {
    expect(invoke('--help')).toMatchObject({ text: expect.not.stringMatching(/^Commands:/m) });
  });

  it('shows how a command is typed, and its arguments as they are named elsewhere', () => {
    expect(invoke('exec', '--help')).toMatchObject({
      text: expect.stringMatching(/^Usage: objdocker exec \[options\] NAME CMD\.\.\.\n/m),
    });
    expect(invoke('build', '--help')).toMatchObject({
      text: expect.stringMatching(/^Usage: objdocker build \[options\] \[PACKAGE\]\n/m),
    });
  });

  it('prints the version beside other flags', () => {
    expect(invoke('--json', '--version')).toEqual({
      kind: 'text',
      name: 'version',
      text: '1.2.3\n',
    });
  });
});
