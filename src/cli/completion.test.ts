import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from './commands.ts';
import { completionScript } from './completion.ts';
import { GLOBAL_OPTIONS } from './global-options.ts';

/** What bash offers when Tab is pressed at the end of these words. */
function complete(...words: string[]): string[] {
  const script = `${completionScript('bash', COMMANDS, GLOBAL_OPTIONS)}
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _objdocker; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const printed = execFileSync('bash', ['-c', script, 'bash', 'objdocker', ...words], { encoding: 'utf8' });
  return printed.split('\n').filter((word) => word !== '');
}

describe('the completion script, in bash', () => {
  it.each([
    [[''], ['preflight', 'build', 'push', 'registry', 'config', 'completion', 'help']],
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
    // Nothing of ours: the shell offers files.
    [['--config', ''], []],
    [['build', ''], []],
  ])('%j offers %j', (words, offered) => expect(complete(...words)).toEqual(offered));
});
