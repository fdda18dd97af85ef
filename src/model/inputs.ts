/**
 * What the image of a service was made from, as digests. A release record keeps them in a layer of its own, to name what has
 * changed since. No value of an argument is in them.
 */
import * as z from 'zod';
import { digest, type ReadonlyOutput } from './common-schemas.ts';

const hash = z.string().describe('hexadecimal');

export const serviceInputs = z.object({
  digest: digest.describe('over all inputs: equal digests make equal images'),
  platforms: z.array(z.string()),
  stages: z.record(z.string(), hash).describe('the instructions of each stage, by its name or #index'),
  arguments: z.record(z.string(), hash).describe('the values of each build argument that has an effect'),
  images: z.record(z.string(), digest).describe('what each image that the build starts or copies from pointed to'),
  files: z
    .record(z.string(), hash)
    .describe('what the build takes from the context, by path; a folder ends in "/" and includes all in it'),
  secrets: z.record(z.string(), hash).describe('ids of build secrets and SSH agents, with secrets.<id>.version'),
});

/** The inputs of one image. */
export type ServiceInputs = ReadonlyOutput<typeof serviceInputs>;

export const releaseInputs = z.object({
  services: z.array(z.object({ repository: z.string(), inputs: serviceInputs })),
});

/** The inputs of all images of a release. */
export type ReleaseInputs = ReadonlyOutput<typeof releaseInputs>;
