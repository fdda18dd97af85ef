/** An instance (a container, for Docker) as plain data. Every substrate returns it, and `--json` prints it. */
import * as z from 'zod';
import { INSTANCE_STATES } from './enums.ts';
import { type Shape, time } from './shape.ts';

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
  .describe('one for each address that a port can be reached at');

export const instance = z.object({
  id: z.string().describe('the whole id'),
  name: z.string(),
  image: z.object({
    reference: z
      .string()
      .describe('as named at the creation of the instance; the image id when that name is now of another image'),
    id: z.string(),
  }),
  state: z.enum(INSTANCE_STATES),
  status: z.string().describe("the state in the substrate's own words, for people: Up 5 minutes (healthy)"),
  health: instanceHealth
    .exactOptional()
    .describe('of its health check; absent without one, and for an instance that does not run'),
  created: time,
  ports: z.array(instancePort),
  labels: z.record(z.string(), z.string()),
});

const healthProbe = z.object({
  started: time,
  ended: time,
  exitCode: z.int().describe('0 is healthy'),
  output: z.string().describe('what the check printed, as far as the substrate keeps it'),
  failingStreak: z.int().describe('how many probes in a row have failed'),
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
    tags: z.array(z.string()).describe('the names that the image has now; empty when it has none, or is gone'),
  }),
  command: z.array(z.string()).describe('the program and its arguments'),
  started: time.exactOptional().describe('the last start; absent when there was none'),
  finished: time.exactOptional().describe('the last end; absent while it runs for the first time'),
  exitCode: z.int().exactOptional().describe('of the last end; absent for one that runs or never ran'),
  outOfMemory: z.boolean().describe('the kernel killed it, or a process in it, because memory ran out'),
  error: z.string().exactOptional().describe('why the substrate could not start it'),
  restartCount: z.int().describe('how often the substrate restarted it by itself'),
  lastProbe: healthProbe.exactOptional().describe('the last run of its health check'),
  mounts: z.array(instanceMount),
  networks: z.array(instanceNetwork),
});

/** What an instance's own health check reports; `starting` until it has reported something. */
export type InstanceHealth = Shape<typeof instanceHealth>;

/** A port of an instance: one for each address that it can be reached at. */
export type InstancePort = Shape<typeof instancePort>;

/** An instance as it is listed. */
export type Instance = Shape<typeof instance>;

/** An instance in detail. */
export type InstanceDetail = Shape<typeof instanceDetail>;

export type HealthProbe = Shape<typeof healthProbe>;

export type InstanceMount = Shape<typeof instanceMount>;

export type InstanceNetwork = Shape<typeof instanceNetwork>;

/** Bytes that an instance, or a command in it, wrote. */
export interface OutputChunk {
  readonly stream: 'stdout' | 'stderr';
  readonly data: Uint8Array;
}

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}
