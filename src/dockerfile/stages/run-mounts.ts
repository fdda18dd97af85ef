import type { RunInstruction, RunMount } from '../instructions/instruction.ts';
import { type Mount, readMount } from '../instructions/mounts.ts';
import { ValueError } from '../problem.ts';
import { isPlain } from '../syntax/simple-text.ts';
import { joinPaths } from '../values/paths.ts';
import { requireAbove } from './copy-files.ts';
import type { Source } from './graph.ts';
import type { StageScope } from './stage-scope.ts';

/**
 * What the mounts of a RUN take and need.
 *
 * @throws {ValueError}
 */
export function mountForRun(instruction: RunInstruction, sources: readonly Source[], scope: StageScope): void {
  if (instruction.mounts.length === 0) return;
  const { line } = instruction;
  const mounts = instruction.mounts.map((mount) => readMountOf(mount, scope));
  mounts.forEach((mount, index) => {
    addMount(mount, { written: instruction.mounts[index], source: sources[index], line, scope });
  });
  scope.runs.push({ instruction, mounts });
}

function readMountOf(written: RunMount, scope: StageScope): Mount {
  const known = scope.plainMounts.get(written);
  if (known !== undefined) return known;
  const mount = withId(readMount(written, scope.fill));
  if (isPlain(written.flag)) scope.plainMounts.set(written, mount);
  return mount;
}

function withId(mount: Mount): Mount {
  if (mount.type !== 'cache' || mount.id !== '') return mount;
  return { ...mount, id: mount.target === '' ? '.' : joinPaths(mount.target) };
}

interface MountPlace {
  readonly written: RunMount | undefined;
  readonly source: Source | undefined;
  readonly line: number;
  readonly scope: StageScope;
}

function addMount(mount: Mount, { written, source, line, scope }: MountPlace): void {
  const { type, from, target } = mount;
  const fromElsewhere = from !== '' || type === 'cache';
  if (fromElsewhere && source !== undefined) requireAbove(source, scope.node, `the mount's from=${from}`);
  if (type === 'secret') return;
  if (type === 'ssh') {
    if (mount.source !== '') throw new ValueError('a mount of type ssh does not take source', 'Write id=NAME.');
    return;
  }
  const folder = scope.workingDirectory === '' ? '/' : scope.workingDirectory;
  const place = target.startsWith('/') ? joinPaths(target) : joinPaths('/', folder, target);
  if (place === '/') throw new ValueError('a mount needs a target other than "/"', 'Write target=/folder.');
  if (fromElsewhere) return;
  const path = writtenSource(written);
  scope.contextPaths.push({
    path: joinPaths('/', mount.source),
    written: path,
    filled: mount.source,
    known: scope.isClosed || scope.expand(path).unset.size === 0,
    line,
    instruction: 'RUN --mount',
  });
}

function writtenSource(mount: RunMount | undefined): string {
  return mount?.fields.findLast(({ key }) => key === 'source' || key === 'src')?.value ?? '';
}
