import * as z from 'zod';

const warnings = z.array(z.string());
const secretMasked = z.string().optional().describe('*** for a secret');

const summary = z.object({
  mirrors: z.array(
    z.object({
      host: z.string().describe('host[:port] as images name it, or *'),
      endpoints: z.array(z.string()).describe('in the order in which nodes try them'),
      rewrite: z.record(z.string(), z.string()).describe('regular expression to replacement'),
    }),
  ),
  configs: z.array(
    z.object({
      host: z.string().describe('host[:port] of the endpoint'),
      username: z.string().optional().describe('absent: nodes send no credentials'),
      caFile: z.string().optional().describe('a path on the node'),
      certFile: z.string().optional().describe('client certificate, a path on the node'),
      keyFile: z.string().optional().describe('a path on the node'),
      insecureSkipVerify: z.boolean(),
    }),
  ),
});

const registriesJson = z.object({
  packages: z.array(z.string()),
  path: z.string().optional().describe('the file that was written; absent without --output'),
  changed: z.boolean().optional().describe('false when the file was up to date; absent without --output'),
  summary: summary.describe('content of the file, without passwords'),
  warnings,
});

const checkJson = z.object({
  path: z.string().describe('absolute; "standard input" for -'),
  inSync: z.boolean(),
  differences: z.array(
    z.object({
      kind: z
        .enum(['missing', 'extra', 'different', 'unknown'])
        .describe('how the file differs; unknown: a key that k3s does not know'),
      key: z.string(),
      expected: secretMasked,
      found: secretMasked,
    }),
  ),
  warnings,
});

const explainJson = z.object({
  image: z.string().describe('full reference'),
  mirror: z.string().optional().describe('the entry of mirrors that applies'),
  endpoints: z
    .array(
      z.object({
        url: z.string(),
        repository: z.string().describe('after the rewrite'),
        manifest: z.string().describe('URL of the first request'),
        rewrite: z.object({ pattern: z.string(), replacement: z.string() }).optional(),
        isDefault: z.boolean().describe("containerd's own endpoint, always tried last"),
        tls: z.enum(['verified', 'unverified', 'none']),
        caFile: z.string().optional().describe('a path on the node'),
        username: z.string().optional().describe('absent: no credentials are sent'),
      }),
    )
    .describe('in the order in which a node tries them'),
  warnings,
});

/** What `k3s-registries` prints with `--json`: never the file itself, which holds passwords. */
export const K3S_JSON_OUTPUTS = {
  'k3s-registries': registriesJson,
  'k3s-registries-check': checkJson,
  'k3s-registries-explain': explainJson,
} as const;
