import { readdir, readFile } from 'node:fs/promises';
import { kill } from 'node:process';
import type { EndSignal, ProcessAccess } from './end-command.ts';
import { MARK } from './exec-request.ts';
import type { PreparedCommand } from './prepared-command.ts';

/**
 * A command's processes as processes of this machine: for an engine on it, and a user who may signal them. They are known by
 * the command's mark, and its first process also by the container's id in its control group, when it has a new environment.
 */
export function processesHere(command: PreparedCommand, pid: number | undefined): ProcessAccess {
  return {
    async signal(signal) {
      if (command.engine.endpoint.address.kind !== 'unix') throw new Error('the engine may be elsewhere');
      const found = new Set(await markedProcesses(command.mark));
      if (pid !== undefined && (await isOf(pid, command.container.id))) found.add(pid);
      let reached = 0;
      for (const process of found) reached += sendSignal(process, signal);
      return reached;
    },
  };
}

async function markedProcesses(mark: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const marked = await Promise.all(pids.map((pid) => contains(`/proc/${pid}/environ`, `${MARK}=${mark}`)));
  return pids.filter((_, index) => marked[index]).map(Number);
}

async function isOf(pid: number, containerId: string): Promise<boolean> {
  // A process that has ended and not been fetched has neither environment nor program, and is past every signal.
  const [inGroup, ended] = await Promise.all([
    contains(`/proc/${pid}/cgroup`, containerId),
    contains(`/proc/${pid}/stat`, ') Z '),
  ]);
  return inGroup && !ended;
}

async function contains(path: string, text: string): Promise<boolean> {
  return readFile(path).then(
    (content) => content.includes(text),
    () => false,
  );
}

function sendSignal(pid: number, signal: EndSignal): number {
  try {
    kill(pid, signal === '0' ? 0 : `SIG${signal}`);
    return 1;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return 0;
    throw error;
  }
}
