import * as z from 'zod';
import { INSTANCE_STATES } from '../model/instance.ts';
import { verdict } from './gate/json-output.ts';
import { HARBOR_DOCUMENTS } from './harbor/json-output.ts';
import { K3S_DOCUMENTS } from './k3s/json-output.ts';
import { PIPELINE_DOCUMENTS } from './pipeline/json-output.ts';

/** Every error code is a literal of `ErrorCode`; programs should expect new ones. */
const code = z.string().describe('what went wrong, as a literal');
const digest = z.string().describe('algorithm:hex, of the manifest or index');
const durationMs = z.number().describe('milliseconds');
const hint = z.string().optional().describe('what to do about it');

const errorDocument = z.object({
  error: z.looseObject({ code, message: z.string().describe('what failed, on what'), hint }),
});

const buildDocument = z.object({
  images: z.array(
    z.object({
      target: z.string().optional().describe('the stage; absent for an unnamed last one'),
      service: z.string().optional().describe('absent for a package with a single image'),
      reference: z.string(),
      platforms: z.array(z.string()),
      pushed: z.boolean().describe('by the build itself; otherwise loaded into the engine'),
      digest: digest.optional(),
      imageId: z.string().optional().describe('what the engine calls the loaded image'),
      durationMs: durationMs.optional(),
    }),
  ),
  steps: z.object({ total: z.int(), cached: z.int() }),
  method: z.enum(['bake', 'build', 'legacy']),
  durationMs,
  warnings: z.array(z.string()),
});

const planDocument = z.object({
  package: z.string(),
  dockerfile: z.string(),
  context: z.string(),
  selection: z.string().describe('why these are the images'),
  images: z.array(
    z.object({
      target: z.string().optional(),
      service: z.string().optional(),
      reference: z.string(),
      platforms: z.array(z.string()).describe('empty: the engine’s own'),
      args: z.record(z.string(), z.string()),
      secrets: z.array(z.string()).describe('id=…,env=… or id=…,src=…: names, never values'),
      push: z.boolean(),
      command: z.string().describe('the equivalent docker build, for a POSIX shell'),
    }),
  ),
  leftOut: z.array(z.object({ stage: z.string(), line: z.int(), reason: z.string() })),
  keptOut: z.array(z.object({ path: z.string(), reason: z.string() })),
  invocation: z.object({
    method: z.enum(['bake', 'build', 'legacy']),
    commands: z.array(z.string()),
    definition: z
      .object({ group: z.unknown(), target: z.unknown() })
      .optional()
      .describe('standard input of the bake, a JSON bake file'),
  }),
  notes: z.array(z.object({ level: z.enum(['missing', 'warning', 'info']), message: z.string(), hint })),
});

const pushDocument = z.object({
  images: z.array(z.object({ reference: z.string(), digest, durationMs })),
  bytesSent: z.int(),
  durationMs,
  warnings: z.array(z.string()),
});

const registryDocument = z.object({
  host: z.string(),
  url: z.string(),
  type: z.enum(['harbor', 'plain']),
  version: z.string().optional(),
  status: z.enum(['healthy', 'unhealthy', 'unreachable']),
  components: z.array(z.object({ name: z.string(), status: z.string(), error: z.string().optional() })).optional(),
  user: z.string().optional(),
  findings: z.array(z.object({ level: z.enum(['ok', 'warning', 'error']), code, message: z.string(), hint })),
  durationMs,
});

const preflightDocument = z.object({
  ok: z.boolean(),
  checks: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      status: z.enum(['ok', 'warning', 'failed', 'skipped']),
      detail: z.string(),
      hint,
      errorCode: code.optional(),
      durationMs,
    }),
  ),
});

const total = z.int().describe('how many items there are');
const time = z.string().describe('ISO 8601, in UTC');

const instance = z.object({
  id: z.string(),
  name: z.string(),
  image: z.object({ reference: z.string().describe('as whoever made it named it'), id: z.string() }),
  state: z.enum(INSTANCE_STATES),
  status: z.string().describe('the state in the engine’s own words, for people'),
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

const listDocument = z.object({ items: z.array(instance), total });

const getDocument = instance.extend({
  image: instance.shape.image.extend({ tags: z.array(z.string()).describe('the names that the image has now') }),
  command: z.array(z.string()),
  started: time.optional().describe('absent when it never was'),
  finished: time.optional(),
  exitCode: z.int().optional().describe('absent when it runs or never did'),
  outOfMemory: z.boolean().describe('the kernel ended it, or a process in it, for want of memory'),
  error: z.string().optional().describe('why the engine could not start it'),
  restartCount: z.int(),
  lastProbe: z
    .object({ started: time, ended: time, exitCode: z.int(), output: z.string(), failingStreak: z.int() })
    .optional()
    .describe('the last answer of its health check'),
  mounts: z.array(
    z.object({ type: z.string(), source: z.string().optional(), target: z.string(), readOnly: z.boolean() }),
  ),
  networks: z.array(z.object({ name: z.string(), ipv4: z.string().optional(), ipv6: z.string().optional() })),
});

const failedChange = z.object({
  name: z.string().describe('as it was given'),
  error: errorDocument.shape.error,
});

/** What was done to each of several containers, in the order in which they were named. */
function changeDocument<Shape extends z.core.$ZodLooseShape>(more: Shape) {
  const done = z.object({ id: z.string(), name: z.string(), changed: z.boolean().describe('false: nothing to do') });
  return z.object({ items: z.array(z.union([done.extend(more), failedChange])), total });
}

const startDocument = changeDocument({ state: z.enum(INSTANCE_STATES) });

const stopDocument = changeDocument({
  killed: z.boolean().describe('by --force, or because it did not end by itself in time'),
  exitCode: z.int().optional().describe('absent when there was nothing to do'),
});

const deleteDocument = changeDocument({});

const logLine = z.object({
  stream: z.enum(['stdout', 'stderr']),
  time: z.string().describe('RFC 3339 with nanoseconds, in UTC'),
  line: z.string().describe('without its line break; bytes that are not UTF-8 are U+FFFD'),
  base64: z.string().optional().describe('the exact bytes of a line that is not UTF-8'),
  partial: z.literal(true).optional().describe('the line goes on in the next item of its stream'),
});

const logsDocument = z.object({
  items: z.array(logLine),
  total,
  error: errorDocument.shape.error.optional().describe('what kept the rest from being read'),
});

const encoding = z.enum(['utf8', 'base64']).describe('base64 for what is not UTF-8');

const execDocument = z.object({
  exitCode: z.int().describe('the command’s own'),
  stdout: z.string(),
  stderr: z.string(),
  encoding: z.object({ stdout: encoding, stderr: encoding }),
  truncated: z.boolean().describe('more was written than the document holds: 10 MiB of each stream'),
});

const configCheckDocument = z.object({
  items: z.array(
    z.object({
      severity: z.enum(['error', 'warning']),
      file: z.string(),
      line: z.int(),
      column: z.int(),
      path: z.string(),
      message: z.string(),
      excerpt: z.string().describe('the offending line, secrets masked'),
      hint,
    }),
  ),
  total: z.int(),
});

const initDocument = z.object({
  directory: z.string().describe('the project’s folder, absolute'),
  package: z.string(),
  files: z.array(z.string()).describe('what was made, relative to the folder'),
  kept: z.array(z.string()).describe('what was there and stays as it is'),
  services: z.array(
    z.object({
      name: z.string().describe('the target of the Dockerfile'),
      module: z.string().describe('what python -m runs'),
      requirements: z.string().optional().describe('absent for one that needs nothing but Python'),
    }),
  ),
  notes: z.array(z.string()).describe('what to look at before the first build'),
});

const helpDocument = z.object({ help: z.string().describe('the text that is printed without --json') });

const versionDocument = z.object({ version: z.string() });

const completionDocument = z.object({ shell: z.string(), script: z.string() });

/** As the package was understood; any value may be text in angle brackets that says why there is none. */
const configShowDocument = z.looseObject({
  name: z.string(),
  configFile: z.string(),
  directory: z.string(),
  registry: z.record(z.string(), z.unknown()),
  image: z.record(z.string(), z.unknown()),
  compile: z.record(z.string(), z.unknown()),
  scan: z.record(z.string(), z.unknown()),
  k3s: z.record(z.string(), z.unknown()),
});

/** What each command prints with `--json`; `schema/NAME.schema.json` is made from these. */
export const DOCUMENTS = {
  build: buildDocument,
  'build-plan': planDocument,
  completion: completionDocument,
  'config-check': configCheckDocument,
  'config-show': configShowDocument,
  delete: deleteDocument,
  error: errorDocument,
  exec: execDocument,
  gate: verdict,
  get: getDocument,
  ...HARBOR_DOCUMENTS,
  help: helpDocument,
  ...K3S_DOCUMENTS,
  init: initDocument,
  list: listDocument,
  logs: logsDocument,
  'logs-line': z.union([logLine, errorDocument]),
  ...PIPELINE_DOCUMENTS,
  preflight: preflightDocument,
  push: pushDocument,
  registry: registryDocument,
  start: startDocument,
  stop: stopDocument,
  version: versionDocument,
} as const;

export type Documents = { readonly [Name in keyof typeof DOCUMENTS]: z.input<(typeof DOCUMENTS)[Name]> };

/** The JSON Schema of a document. Open: a later version may add keys. */
export function documentSchema(name: keyof typeof DOCUMENTS): object {
  return {
    title: `objdocker ${name} --json`,
    ...z.toJSONSchema(DOCUMENTS[name], { io: 'input', target: 'draft-2020-12' }),
  };
}
