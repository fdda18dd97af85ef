import { text } from 'node:stream/consumers';
import { asText } from '../../lib/json.ts';
import type { ProcessAccess } from './end-command.ts';
import { MARK } from './exec-request.ts';
import { FrameReader } from './frames.ts';
import type { PreparedCommand } from './prepared-command.ts';

/**
 * Needs nothing but a shell: looks for the mark ($1) in the environments that it may read, sends those processes the signal
 * ($2), and prints how many they were. It is not marked itself.
 */
const SCRIPT = `n=0
for folder in /proc/[0-9]*; do
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in *"${MARK}=$1"*) kill -s "$2" "\${folder#/proc/}" && n=$((n+1));; esac
  done <"$folder/environ"
done 2>/dev/null
echo "found $n"`;

/** What a shell answers is a line; what a container answers may be anything. */
const ANSWER_LIMIT = 64 * 1024;

interface InsideOptions {
  /** Only the command's own user is sure to see its processes: root, too, may not look into those of others. */
  readonly user: string | undefined;
  readonly signal: AbortSignal;
}

/**
 * A command's processes, reached by a second command in the same container. It is the container's own shell that runs, so it
 * gets no more rights than other commands there: a privileged one would see all processes, and could leave the container.
 */
export function processesInside(command: PreparedCommand, options: InsideOptions): ProcessAccess {
  const { engine, container, mark } = command;
  return {
    async signal(signal) {
      const request = { signal: options.signal, timeoutMs: 3_000 };
      const created = await engine.http.json(`${engine.apiPath}/containers/${container.id}/exec`, {
        ...request,
        method: 'POST',
        body: {
          AttachStdout: true,
          Cmd: ['sh', '-c', SCRIPT, 'sh', mark, signal],
          ...(options.user === undefined ? {} : { User: options.user }),
        },
      });
      const connection = await engine.http.upgrade(`${engine.apiPath}/exec/${asText(created.Id)}/start`, {
        ...request,
        body: { Detach: false, Tty: false },
      });
      const giveUp = () => connection.destroy();
      options.signal.addEventListener('abort', giveUp, { once: true });
      try {
        const answer = await text(outputOf(connection));
        const count = /^found (\d+)$/m.exec(answer)?.[1];
        if (count === undefined) throw new Error(`no shell to look for processes with: ${answer.trim()}`);
        return Number(count);
      } finally {
        options.signal.removeEventListener('abort', giveUp);
        connection.destroy();
      }
    },
  };
}

async function* outputOf(connection: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const frames = new FrameReader();
  let left = ANSWER_LIMIT;
  for await (const bytes of connection) {
    for (const { data } of frames.read(bytes)) yield Buffer.from(data);
    left -= bytes.length;
    if (left < 0) return;
  }
}
