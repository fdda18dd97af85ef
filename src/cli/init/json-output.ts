import * as z from 'zod';

const initJson = z.object({
  directory: z.string().describe("the project's folder, absolute"),
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

export const INIT_JSON_OUTPUTS = { init: initJson } as const;
