import * as z from 'zod';

const initJson = z.object({
  directory: z.string().describe("the project's folder, absolute"),
  package: z.string(),
  files: z.array(z.string()).describe('what was made, relative to the folder'),
  kept: z.array(z.string()).describe('what was there and stays as it is'),
  services: z.array(
    z.object({
      name: z.string().describe('the target of the Dockerfile'),
      module: z.string().optional().describe('the Python module that starts it; absent with an existing Dockerfile'),
      command: z.array(z.string()).optional().describe('what its image runs; absent with an existing Dockerfile'),
      requirements: z
        .string()
        .optional()
        .describe('the requirements file, or pyproject.toml; absent for one that needs nothing but Python'),
    }),
  ),
  notes: z.array(z.string()).describe('what to correct before the first build'),
  assumed: z.array(z.string()).describe('what the folder does not tell, and what was assumed'),
});

export const INIT_JSON_OUTPUTS = { init: initJson } as const;
