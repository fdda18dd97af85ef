/** What a run of the pipeline would do about a package, as plain data. */
import * as z from 'zod';
import { digest, error, platform, type ReadonlyOutput, time } from './common-schemas.ts';
import { SERVICE_ACTIONS } from './enums.ts';
import { publicReference } from './pipeline-run.ts';
import { releaseNumber } from './release.ts';

const explainedInputs = z.object({
  digest: digest.describe('over all inputs: equal digests make equal images'),
  platforms: z.array(platform),
  stages: z.array(z.string()).describe('the stages whose instructions count, by name or #index'),
  arguments: z.array(z.string()).describe('the names of the build arguments that have an effect'),
  images: z
    .array(z.object({ image: z.string(), digest: digest.describe('what it points to') }))
    .describe('the images that the build starts or copies from'),
  files: z
    .array(
      z.object({
        path: z.string(),
        hash: z.string().describe('hexadecimal: over type, permissions and content'),
        takenBy: z.string().describe('the instructions that take it: COPY, line 41'),
      }),
    )
    .describe('what the build takes from the context'),
  secrets: z.array(z.string()).describe('ids of build secrets and SSH agents'),
  unknown: z.array(z.string()).describe('what only the build knows: with any of these the image is always built'),
  hints: z.array(z.string()).describe('what to change so that less counts as an input'),
});

const plannedService = z.object({
  name: z.string().describe('the service; the repository for a package with a single image'),
  repository: z.string().describe('with the project: axion/meridian-api-homechoice'),
  reference: publicReference,
  action: z
    .enum(SERVICE_ACTIONS)
    .describe('unchanged: no public tag moves either; reuse: public tags move to the image of an earlier release'),
  reasons: z.array(z.string()).describe('why it is built: what has changed; else the release that its image is from'),
  release: releaseNumber.exactOptional().describe('the first release with the image, when it is not built'),
  digest: digest.exactOptional().describe('of the image, when it is not built'),
  revision: z.string().exactOptional().describe('the Git commit that the image was built from, when it is not built'),
  built: time.exactOptional().describe('when the image was built, when it is not built'),
  inputs: explainedInputs.exactOptional().describe('with --explain'),
});

export const packagePlan = z.object({
  name: z.string().describe('the package'),
  tags: z.array(z.string()).describe('the public tags; the first is VERSION'),
  release: releaseNumber.exactOptional().describe('the current release of the first tag that has one'),
  services: z.array(plannedService).describe('empty when the package cannot be planned: see error'),
  stops: z
    .array(z.object({ code: z.string(), message: z.string(), hint: z.string().exactOptional() }))
    .describe('what would end the run before it builds: an older commit, a public tag moved by hand'),
  warnings: z.array(z.string()),
  error: error.exactOptional().describe('why the package cannot be planned'),
});

/** What a run would do about a package, and why. */
export type PackagePlan = ReadonlyOutput<typeof packagePlan>;

/** What a run would do about a service, and why. */
export type PlannedService = ReadonlyOutput<typeof plannedService>;

/** All that the image of a service is made from. */
export type ExplainedInputs = ReadonlyOutput<typeof explainedInputs>;
