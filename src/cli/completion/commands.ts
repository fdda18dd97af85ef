import type { CommandSpec } from '../framework/command.ts';
import { LISTS } from '../framework/options.ts';
import { SHELLS } from './scripts.ts';

export const COMPLETION_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'completion',
    summary: 'print the completion script for a shell',
    helpGroup: 'Configuration',
    examples: [
      { command: 'source <(objdocker completion bash)', comment: 'bash, for this shell; add it to ~/.bashrc' },
      { command: 'source <(objdocker completion zsh)', comment: 'zsh; add it to ~/.zshrc' },
      { command: 'objdocker completion fish > ~/.config/fish/completions/objdocker.fish', comment: 'fish' },
    ],
    arguments: [{ name: 'SHELL', description: 'bash, zsh or fish', choices: SHELLS }],
    options: [],
    ...LISTS,
    load: () => import('./completion.ts'),
  },
];
