import * as z from 'zod';
import { digest, error } from '../../model/common-schemas.ts';
import { gcRun, harborArtifact, harborRepo, startedGc, startedScan, untagResult } from '../../model/harbor.ts';
import { sbomReport } from '../../model/sbom.ts';
import { scanReport } from '../../model/scan-report.ts';
import { total } from '../framework/json-output.ts';

/** What the Harbor commands print with `--json`. */
export const HARBOR_JSON_OUTPUTS = {
  'harbor-artifacts': z.object({ items: z.array(harborArtifact), total }),
  'harbor-delete': z.object({
    repository: z.string().describe('with the project: axion/services/api'),
    digest,
    deleted: z.boolean().describe('false with --dry-run'),
    tags: z.array(z.string()).describe('deleted with it, like accessories and children'),
    accessories: harborArtifact.shape.accessories,
    children: z.array(digest),
    remainingChildren: z.array(digest).describe('images of the index that are not deleted'),
    indexes: z.array(digest).describe('indexes that contain it'),
    refusal: z.enum(['immutable', 'in-index']).optional().describe('why Harbor would refuse'),
  }),
  'harbor-gc': gcRun.partial().extend(startedGc.shape).extend({ log: z.string().optional() }),
  'harbor-gc-history': z.object({ items: z.array(gcRun), total }),
  'harbor-repos': z.object({ items: z.array(harborRepo), total }),
  'harbor-sbom': sbomReport,
  'harbor-scan': scanReport,
  'harbor-trigger-scan': z.object({
    items: z.array(
      z.union([
        startedScan.extend({ report: scanReport.exactOptional().describe('with --wait') }),
        z.object({ name: z.string().describe('as given on the command line'), error }),
      ]),
    ),
    total,
  }),
  'harbor-untag': untagResult,
} as const;
