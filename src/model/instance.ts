/** An instance (a container, for Docker) as plain data. Every substrate returns it, and `--json` prints it. */
import * as z from 'zod';
import { type ReadonlyOutput, time } from './common-schemas.ts';
import { INSTANCE_STATES } from './enums.ts';

const instanceHealth = z.enum(['starting', 'healthy', 'unhealthy']);

const instancePort = z
  .object({
    port: z.int().describe('inside the instance'),
    protocol: z.string().describe('tcp, udp or sctp'),
    published: z
      .object({ address: z.string().describe('IPv4 or IPv6'), port: z.int() })
      .exactOptional()
      .describe("where the substrate's machine listens; absent when the port is not published"),
  })
  .describe('one for each address of a published port');

export const instance = z.object({
  id: z.string().describe('the full id'),
  name: z.string(),
  image: z.object({
    reference: z
      .string()
      .describe(
        'the reference that the instance was created with; the image id when that reference now names another image',
      ),
    id: z.string(),
  }),
  state: z.enum(INSTANCE_STATES),
  status: z.string().describe("the substrate's description of the state, for display: Up 5 minutes (healthy)"),
  health: instanceHealth
    .exactOptional()
    .describe('the result of its health check; absent when it has none or does not run'),
  created: time,
  ports: z.array(instancePort),
  labels: z.record(z.string(), z.string()),
});

const healthProbe = z.object({
  started: time,
  ended: time,
  exitCode: z.int().describe('0 is healthy'),
  output: z.string().describe('the output of the check, as far as the substrate keeps it'),
  failingStreak: z.int().describe('the number of consecutive failed probes'),
});

const instanceMount = z.object({
  type: z.string().describe('bind, volume or tmpfs'),
  source: z.string().exactOptional().describe("a path on the substrate's machine, or a volume; absent for a tmpfs"),
  target: z.string().describe('the path inside the instance'),
  readOnly: z.boolean(),
});

const instanceNetwork = z.object({
  name: z.string(),
  ipv4: z.string().exactOptional().describe('absent while the instance does not run'),
  ipv6: z.string().exactOptional(),
});

export const instanceDetail = instance.extend({
  image: instance.shape.image.extend({
    tags: z.array(z.string()).describe('the current tags of the image; empty when it has none or no longer exists'),
  }),
  command: z.array(z.string()).describe('the program and its arguments'),
  started: time.exactOptional().describe('the last start; absent when it was never started'),
  finished: time.exactOptional().describe('the last exit; absent when it never exited'),
  exitCode: z.int().exactOptional().describe('of the last exit; absent while it runs and when it never ran'),
  outOfMemory: z.boolean().describe('the kernel killed it or one of its processes, because memory ran out'),
  error: z.string().exactOptional().describe('why the substrate could not start it'),
  restartCount: z.int().describe('how often the substrate restarted it automatically'),
  lastProbe: healthProbe.exactOptional().describe('the last run of its health check'),
  mounts: z.array(instanceMount),
  networks: z.array(instanceNetwork),
});

/** The result of an instance's health check; `starting` until the first result. */
export type InstanceHealth = ReadonlyOutput<typeof instanceHealth>;

/** A port of an instance: one for each published address. */
export type InstancePort = ReadonlyOutput<typeof instancePort>;

/** An instance in a list. */
export type Instance = ReadonlyOutput<typeof instance>;

/** The details of an instance. */
export type InstanceDetail = ReadonlyOutput<typeof instanceDetail>;

export type HealthProbe = ReadonlyOutput<typeof healthProbe>;

export type InstanceMount = ReadonlyOutput<typeof instanceMount>;

export type InstanceNetwork = ReadonlyOutput<typeof instanceNetwork>;

/** A chunk of the output of an instance or of a command in it. */
export interface OutputChunk {
  readonly stream: 'stdout' | 'stderr';
  readonly data: Uint8Array;
}

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}
