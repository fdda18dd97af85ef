import * as z from 'zod';

const completionJson = z.object({ shell: z.string(), script: z.string() });

export const COMPLETION_JSON_OUTPUTS = { completion: completionJson } as const;
