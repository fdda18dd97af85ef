import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../commands.ts';
import { GLOBAL_OPTIONS } from '../framework/options.ts';
import { completionScript } from './completion.ts';

/** What bash offers when Tab is pressed at the end of these words. */
function complete(...words: string[]): string[] {
  const script = `${completionScript('bash', COMMANDS, GLOBAL_OPTIONS)}
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _objdocker; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const printed = execFileSync('bash', ['-c', script, 'bash', 'objdocker', ...words], { encoding: 'utf8' });
  return printed.split('\n').filter((word) => word !== '');
}

describe('the completion script, in bash', () => {
  it('offers every command by its first word', () => {
    const words = COMMANDS.flatMap(({ name, aliases = [] }) => [name.replace(/ .*/, ''), ...aliases]);
    expect(complete('')).toEqual([...new Set(words), 'help']);
  });

  it.each([
    [['bu'], ['build']],
    [
      ['config', ''],
      ['check', 'show', 'schema'],
    ],
    [['config', 'ch'], ['check']],
    [['-c', 'config.yaml', 'config', 'sh'], ['show']],
    [['-c', 'build', 'push', '--ser'], ['--service']],
    [['--json', 'build', 'homechoice', '--pl'], ['--platform']],
    [['push', '--pl'], []],
    [['config-check', '--str'], ['--strict']],
    [
      ['build', '--progress', ''],
      ['auto', 'tty', 'plain', 'quiet'],
    ],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['rm', '--fo'], ['--force']],
    // A flag that takes a value with one command need not with another.
    [['build', '-t', 'exec', '--pl'], ['--platform']],
    [['stop', '-t', '5', '--fo'], ['--force']],
    [['exec', '-t', '--work'], ['--workdir']],
    [['exec', '-e', 'A=b', '--work'], ['--workdir']],
    // Bash hands over a word in pieces, taken apart at ":" and "=".
    [['-H', 'unix', ':', '///run/x.sock', 'ps', '--na'], ['--name']],
    [['--host', '=', 'tcp', '://', 'h', ':', '1', 'stop', '--fo'], ['--force']],
    [['exec', '-e', 'A', '=', 'b', '--work'], ['--workdir']],
    [['ps', '--status', '=', 'pa'], ['paused']],
    [
      ['completion', '--config', '=', 'x', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [
      ['build', '--progress', '='],
      ['auto', 'tty', 'plain', 'quiet'],
    ],
    // Nothing of ours: the shell offers files.
    [['exec', '-it', 'web', '--ver'], []],
    [['exec', 'web', 'ls', '--quiet', '--js'], []],
    [['--config', ''], []],
    [['build', ''], []],
  ])('%j offers %j', (words, offered) => expect(complete(...words)).toEqual(offered));
});
