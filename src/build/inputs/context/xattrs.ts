import { accessSync, constants } from 'node:fs';
import { arch, platform } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Environment } from '../../../lib/environment.ts';
import { nativePath } from './names.ts';

/** `llistxattr` and `lgetxattr`, by processor. Source: the tables of system calls of Linux. */
const SYSTEM_CALLS: Readonly<Record<string, readonly [list: number, get: number]>> = {
  x64: [195, 192],
  arm64: [12, 9],
};

/**
 * Reads paths, each ended by a NUL, and prints `INDEX NAME VALUE` for each attribute that counts, name and value in hexadecimal. Those
 * are the attributes that BuildKit puts into its cache keys (cache/contenthash/tarsum.go): all but `system.*` and `security.*`, of
 * which `security.capability` counts.
 */
const SCRIPT = `
use strict;
my ($list, $get) = map { $_ + 0 } @ARGV;
$/ = "\\0";
my $size = 65536;
for (my $index = 0; defined(my $path = <STDIN>); $index++) {
  chomp $path;
  my $names = "\\0" x $size;
  my $length = syscall($list, $path, $names, $size);
  exit 3 if $length < 0 && $!{ENOSYS};
  next if $length < 0;
  for my $name (split /\\0/, substr($names, 0, $length)) {
    next if $name =~ /^com\\.apple\\./;
    next if $name =~ /^(?:security|system)\\./ && $name ne 'security.capability';
    my $value = "\\0" x $size;
    my $bytes = syscall($get, $path, $name, $value, $size);
    next if $bytes < 0;
    print $index, ' ', unpack('H*', $name), ' ', unpack('H*', substr($value, 0, $bytes)), "\\n";
  }
}
`;

/** Extended attributes as sorted lines of text, by path; a path without any is not in it. */
export type ExtendedAttributes = ReadonlyMap<string, readonly string[]>;

/**
 * Reads extended attributes. Node has no call for them, and neither `attr` nor a native module can be expected; Perl can make system
 * calls, and Debian, Ubuntu and most images for CI have it. Undefined elsewhere: attributes are then not counted, and
 * {@link TakenContext.remarks} says so.
 */
export function attributeReader(
  { env, exec }: Pick<Environment, 'env' | 'exec'>,
  system: string = platform(),
):
  | ((folder: string, paths: readonly string[], signal: AbortSignal | undefined) => Promise<ExtendedAttributes>)
  | undefined {
  const calls = system === 'linux' ? SYSTEM_CALLS[arch()] : undefined;
  if (calls === undefined || !isOnPath('perl', env.PATH)) return undefined;
  return async (folder, paths, signal) => {
    const found = new Map<string, string[]>();
    if (paths.length === 0) return found;
    // "./" keeps a path from being empty.
    const input = nativePath(paths.map((path) => `./${path}\0`).join(''));
    const args = ['-e', SCRIPT, ...calls.map(String)];
    const { exitCode, stderr } = await exec('perl', args, {
      env: { PATH: env.PATH, PERL_UNICODE: '0' },
      cwd: folder,
      input,
      signal,
      onStdout: (line) => {
        const [index = '', ...attribute] = line.split(' ');
        const path = paths[Number(index)];
        if (path === undefined) return;
        found.set(path, [...(found.get(path) ?? []), attribute.join('=')].sort());
      },
    });
    if (exitCode !== 0) throw new Error(stderr.trim() || `perl ended with exit code ${exitCode}`);
    return found;
  };
}

function isOnPath(program: string, path: string | undefined): boolean {
  return (path ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return folder !== '';
    } catch {
      return false;
    }
  });
}
