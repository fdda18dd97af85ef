import * as z from 'zod';
import { digest, durationMs } from '../../model/common-schemas.ts';
import { hint } from '../framework/json-output.ts';

const buildJson = z.object({
  images: z.array(
    z.object({
      target: z.string().optional().describe('the stage; absent for an unnamed last stage'),
      service: z.string().optional().describe('absent for a package with a single image'),
      reference: z.string(),
      platforms: z.array(z.string()),
      pushed: z.boolean().describe('pushed by the build itself; else loaded into the engine'),
      digest: digest.optional(),
      imageId: z.string().optional().describe('id of the loaded image in the engine'),
      durationMs: durationMs.optional(),
    }),
  ),
  steps: z.object({ total: z.int(), cached: z.int() }),
  method: z.enum(['bake', 'build', 'legacy']),
  durationMs,
  warnings: z.array(z.string()),
});

export const checkWarnings = z.array(
  z.object({
    rule: z.string().describe("BuildKit's name: UndefinedVar"),
    message: z.string(),
    description: z.string().optional().describe('what the rule is about'),
    url: z.string().optional(),
    file: z.string(),
    line: z.int().optional(),
  }),
);

const planJson = z.object({
  package: z.string(),
  dockerfile: z.string(),
  context: z.string(),
  selection: z.string().describe('why these images were selected'),
  images: z.array(
    z.object({
      target: z.string().optional(),
      service: z.string().optional(),
      reference: z.string(),
      platforms: z.array(z.string()).describe("empty: the engine's own"),
      args: z.record(z.string(), z.string()),
      secrets: z.array(z.string()).describe('id=…,env=… or id=…,src=…: names, never values'),
      push: z.boolean(),
      command: z.string().describe('the equivalent docker build, for a POSIX shell'),
      contents: z
        .object({
          stages: z.array(z.object({ index: z.int(), name: z.string().optional(), line: z.int() })),
          arguments: z.array(
            z.object({
              name: z.string(),
              value: z.string().optional(),
              source: z.string().describe('a key of config.yaml, objdocker, dockerfile or unset'),
            }),
          ),
          bases: z.array(z.object({ image: z.string(), line: z.int() })),
          mounts: z.array(
            z.object({ type: z.enum(['secret', 'ssh']), id: z.string(), line: z.int(), required: z.boolean() }),
          ),
          contextPaths: z.array(z.object({ path: z.string(), line: z.int(), instruction: z.string() })),
        })
        .optional()
        .describe('what the Dockerfile says of the image: stages, arguments, bases, mounted secrets, context paths'),
    }),
  ),
  excludedStages: z.array(z.object({ stage: z.string(), line: z.int(), reason: z.string() })),
  excluded: z.array(z.object({ path: z.string(), reason: z.string() })),
  invocation: z.object({
    method: z.enum(['bake', 'build', 'legacy']),
    commands: z.array(z.string()),
    definition: z
      .object({ group: z.unknown(), target: z.unknown() })
      .optional()
      .describe('standard input of the bake, a JSON bake file'),
  }),
  notes: z.array(z.object({ level: z.enum(['missing', 'warning', 'info']), message: z.string(), hint })),
  checks: z
    .object({
      warnings: checkWarnings,
      note: z.string().optional().describe('why nothing, or not everything, was checked'),
    })
    .optional()
    .describe("with --check: what BuildKit's own checks say"),
});

const pushJson = z.object({
  images: z.array(z.object({ reference: z.string(), digest, durationMs })),
  bytesSent: z.int(),
  durationMs,
  warnings: z.array(z.string()),
});

export const BUILD_JSON_OUTPUTS = {
  build: buildJson,
  'build-plan': planJson,
  push: pushJson,
} as const;
