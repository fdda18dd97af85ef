import * as z from 'zod';
import { error } from '../../model/common-schemas.ts';
import { INSTANCE_STATES } from '../../model/enums.ts';
import { instance, instanceDetail } from '../../model/instance.ts';
import { errorJson, total } from '../framework/json-output.ts';

const listJson = z.object({ items: z.array(instance), total });

const failedInstance = z.object({
  name: z.string().describe('as given on the command line'),
  error,
});

/** One item for each container, in the order of the command line. */
function changeJson<Shape extends z.core.$ZodLooseShape>(more: Shape) {
  const done = z.object({
    id: z.string(),
    name: z.string(),
    changed: z.boolean().describe('false when there was nothing to do'),
  });
  return z.object({ items: z.array(z.union([done.extend(more), failedInstance])), total });
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

const nameOfLine = z.string().exactOptional().describe('as given on the command line; absent for one container');

const logItem = logLine.extend({ name: nameOfLine });

const logsJson = z.object({
  items: z.array(z.union([logItem, failedInstance])),
  total,
  error: error.optional().describe('why the rest of the log could not be read'),
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
  get: z.object({ items: z.array(z.union([instanceDetail, failedInstance])), total }),
  list: listJson,
  logs: logsJson,
  'logs-line': z.union([logItem, errorJson.extend({ name: nameOfLine })]),
  restart: startJson,
  start: startJson,
  stop: stopJson,
} as const;
