import * as z from 'zod';
import { INSTANCE_STATES } from '../../model/instance.ts';
import { errorJson, time, total } from '../framework/json-output.ts';

const instance = z.object({
  id: z.string(),
  name: z.string(),
  image: z.object({ reference: z.string().describe('as named at the creation of the container'), id: z.string() }),
  state: z.enum(INSTANCE_STATES),
  status: z.string().describe("the engine's description of the state, for people"),
  health: z.enum(['starting', 'healthy', 'unhealthy']).optional().describe('absent without a health check'),
  created: time,
  ports: z.array(
    z.object({
      port: z.int().describe('inside the container'),
      protocol: z.string(),
      published: z.object({ address: z.string(), port: z.int() }).optional().describe('absent when not published'),
    }),
  ),
  labels: z.record(z.string(), z.string()),
});

const listJson = z.object({ items: z.array(instance), total });

const getJson = instance.extend({
  image: instance.shape.image.extend({ tags: z.array(z.string()).describe('current tags of the image') }),
  command: z.array(z.string()),
  started: time.optional().describe('absent when it never started'),
  finished: time.optional(),
  exitCode: z.int().optional().describe('absent while it runs and when it never started'),
  outOfMemory: z.boolean().describe('the kernel killed it, or a process in it, because memory ran out'),
  error: z.string().optional().describe('why the engine could not start it'),
  restartCount: z.int(),
  lastProbe: z
    .object({ started: time, ended: time, exitCode: z.int(), output: z.string(), failingStreak: z.int() })
    .optional()
    .describe('the last result of its health check'),
  mounts: z.array(
    z.object({ type: z.string(), source: z.string().optional(), target: z.string(), readOnly: z.boolean() }),
  ),
  networks: z.array(z.object({ name: z.string(), ipv4: z.string().optional(), ipv6: z.string().optional() })),
});

const failedChange = z.object({
  name: z.string().describe('as given on the command line'),
  error: errorJson.shape.error,
});

/** One item for each container, in the order of the command line. */
function changeJson<Shape extends z.core.$ZodLooseShape>(more: Shape) {
  const done = z.object({
    id: z.string(),
    name: z.string(),
    changed: z.boolean().describe('false when there was nothing to do'),
  });
  return z.object({ items: z.array(z.union([done.extend(more), failedChange])), total });
}

const startJson = changeJson({ state: z.enum(INSTANCE_STATES) });

const stopJson = changeJson({
  killed: z.boolean().describe('killed by --force, or because it did not stop in time'),
  exitCode: z.int().optional().describe('absent when there was nothing to do'),
});

const deleteJson = changeJson({});

const logLine = z.object({
  stream: z.enum(['stdout', 'stderr']),
  time: z.string().describe('RFC 3339 with nanoseconds, in UTC'),
  line: z.string().describe('without its line break; bytes that are not UTF-8 are U+FFFD'),
  base64: z.string().optional().describe('the exact bytes of a line that is not UTF-8'),
  partial: z.literal(true).optional().describe('the line continues in the next item of its stream'),
});

const logsJson = z.object({
  items: z.array(logLine),
  total,
  error: errorJson.shape.error.optional().describe('why the rest of the log could not be read'),
});

const encoding = z.enum(['utf8', 'base64']).describe('base64 when the output is not UTF-8');

const execJson = z.object({
  exitCode: z.int().describe('the exit code of the command'),
  stdout: z.string(),
  stderr: z.string(),
  encoding: z.object({ stdout: encoding, stderr: encoding }),
  truncated: z.boolean().describe('a stream was longer than the 10 MiB that are kept'),
});

export const CONTAINER_JSON_OUTPUTS = {
  delete: deleteJson,
  exec: execJson,
  get: getJson,
  list: listJson,
  logs: logsJson,
  'logs-line': z.union([logLine, errorJson]),
  start: startJson,
  stop: stopJson,
} as const;
