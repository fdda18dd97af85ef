import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../commands.ts';
import { readArgumentVector } from './argument-vector.ts';

const read = (...argv: string[]) => {
  const { command, words, flags, normalized } = readArgumentVector(argv, COMMANDS);
  return { command: command?.name, words, flags: [...flags], normalized };
};

describe('readArgumentVector', () => {
  it.each([
    [['config', 'check'], ['config-check']],
    [
      ['-c', 'f', 'config', '--json', 'check'],
      ['--config=f', 'config-check', '--json'],
    ],
    [
      ['help', 'config', 'check'],
      ['help', 'config-check'],
    ],
    [
      ['build', '-t', '--json'],
      ['build', '--tag=--json'],
    ],
    [
      ['build', '-tx', '--tag=y', '--tag'],
      ['build', '--tag=x', '--tag=y', '--tag'],
    ],
    [
      ['bild', '-x', 'y', '--', '-z'],
      ['bild', '-x', 'y', '--', '-z'],
    ],
  ])('normalizes %j to %j', (argv, normalized) => expect(read(...argv).normalized).toEqual(normalized));

  it('tells an option from a value that looks like one', () => {
    expect(read('build', '--tag', '--json').flags).toEqual(['--tag']);
    expect(read('-c', '--json', 'build', '--quiet').flags).toEqual(['--config', '--quiet']);
    expect(read('build', '--', '--json').flags).toEqual([]);
  });

  it('finds the command by any of its names, and its words', () => {
    expect(read('-H', 'push', 'ps')).toMatchObject({ command: 'list', words: ['ps'] });
    expect(read('help', 'config', 'chek')).toMatchObject({ command: undefined, words: ['config', 'chek'] });
    expect(read('help')).toMatchObject({ command: undefined, words: ['help'] });
  });
});

describe('pass-through arguments of exec', () => {
  it.each([
    [
      ['exec', '-it', 'web', 'ls', '--json', '-la'],
      ['exec', '-i', '-t', '--', 'web', 'ls', '--json', '-la'],
    ],
    [
      ['exec', 'web', '--', 'sh', '-c', 'exit 3'],
      ['exec', '--', 'web', 'sh', '-c', 'exit 3'],
    ],
    [
      ['exec', '--', 'web', '--help'],
      ['exec', '--', 'web', '--help'],
    ],
    [
      ['exec', 'web', 'x', '--', '--', 'y'],
      ['exec', '--', 'web', 'x', '--', '--', 'y'],
    ],
    [
      ['exec', '-itu', '0', '-eA=b', '-H', 'h', 'web', 'env', ''],
      ['exec', '-i', '-t', '--user=0', '--env=A=b', '--host=h', '--', 'web', 'env', ''],
    ],
    [
      ['--context', 'exec', 'exec', 'web', 'help', '-it'],
      ['--context=exec', 'exec', '--', 'web', 'help', '-it'],
    ],
    [
      ['exec', '-x', 'web', '-i'],
      ['exec', '-x', '--', 'web', '-i'],
    ],
    [
      ['exec', '-e=A=b', '-u=', '-iw=/tmp', 'web', 'env'],
      ['exec', '--env=A=b', '--user=', '-i', '--workdir=/tmp', '--', 'web', 'env'],
    ],
    [
      ['help', 'exec', '--json'],
      ['help', 'exec', '--json'],
    ],
  ])('normalizes %j to %j', (argv, normalized) => expect(read(...argv).normalized).toEqual(normalized));

  it('are not read as options of objdocker', () => {
    expect(read('exec', '--quiet', 'web', '--json', '--verbose').flags).toEqual(['--quiet']);
    expect(read('exec', '-e', '--json', 'web', 'env').flags).toEqual(['--env']);
  });
});
