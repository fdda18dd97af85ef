/**
 * The enumerations of the shapes in this folder. They are separate from the zod schemas, so that importing them does not load zod.
 */

/** Worst first. `unknown`: the vulnerability has no rating. */
export const FINDING_SEVERITIES = ['critical', 'high', 'medium', 'low', 'negligible', 'unknown'] as const;

export type FindingSeverity = (typeof FINDING_SEVERITIES)[number];

/** What a distribution can say about a finding without a fix, as Harbor reports it from 2.11 on. */
export const UNFIXED_STATUSES = [
  'affected',
  'under_investigation',
  'will_not_fix',
  'fix_deferred',
  'end_of_life',
  'not_affected',
  'unknown',
] as const;

export type UnfixedStatus = (typeof UNFIXED_STATUSES)[number];

/**
 * Worst first: the state of an artifact is the worst of its images'.
 *
 * - `scanner-down`: the scanner is missing, disabled or unreachable. Findings are not known.
 * - `failed`: the last scan ended without a result.
 * - `running`: a scan is queued or runs. Harbor hides the result of an older one until it is over.
 * - `not-scanned`: never scanned, or the report was deleted.
 * - `unsupported`: no scanner can scan it, for example a chart, or an index without images.
 * - `findings`: scanned, with findings.
 * - `empty`: scanned, but the scanner found no packages: there was nothing to examine.
 * - `clean`: scanned, without findings.
 */
export const SCAN_STATES = [
  'scanner-down',
  'failed',
  'running',
  'not-scanned',
  'unsupported',
  'findings',
  'empty',
  'clean',
] as const;

export type ScanState = (typeof SCAN_STATES)[number];

/** The states of a scan that has a result: its findings are known. */
export type ScannedState = 'findings' | 'empty' | 'clean';

/** Whether a scan has a result. */
export function isScanned(state: ScanState): state is ScannedState {
  return state === 'findings' || state === 'empty' || state === 'clean';
}

/**
 * The state of a gc run.
 *
 * - `queued`: waits for an earlier run.
 * - `running`: Harbor reports this for up to 30 s after the end (measured).
 * - `done`, `failed`, `stopped`: finished.
 */
export const GC_STATES = ['queued', 'running', 'done', 'failed', 'stopped'] as const;

export type GcState = (typeof GC_STATES)[number];

/**
 * The result of the gate. Worst first: the outcome of several images is the worst of theirs.
 *
 * - `scanner-down`: the scanner is missing, disabled or unreachable.
 * - `scan-failed`: the scan ended without a result.
 * - `timed-out`: the scan did not finish before the deadline. It may still be running.
 * - `not-scanned`: there is no scan, or it has not finished. The findings are not known.
 * - `report-too-old`: the report is older than `deployment.scan.maxAge`. What was found since is not known.
 * - `rejected`: a finding reaches the policy's threshold, or the registry's own policy refuses to serve the image.
 * - `passed`: every platform was scanned, and no finding reaches the policy's threshold.
 */
export const GATE_OUTCOMES = [
  'scanner-down',
  'scan-failed',
  'timed-out',
  'not-scanned',
  'report-too-old',
  'rejected',
  'passed',
] as const;

export type GateOutcome = (typeof GATE_OUTCOMES)[number];

/**
 * The result of a run of the pipeline.
 *
 * - `passed`: all images passed the gate, and the public tags point to them.
 * - `unchanged`: all images are those of the current release, and all public tags point to them: there is no new release.
 * - `unscanned`: the public tags point to the images, which were not scanned because the run was started so.
 * - `rejected`: an image did not pass the gate; no tag was moved.
 * - `scan-failed`, `scanner-down`, `timed-out`: the findings of an image are not known; no tag was moved.
 * - `conflict`: another run or user moved a public tag during the run; `conflicts` names it.
 * - `failed`, `cancelled`: the run ended with `error`.
 */
export const PIPELINE_OUTCOMES = [
  'passed',
  'unchanged',
  'unscanned',
  'rejected',
  'scan-failed',
  'scanner-down',
  'timed-out',
  'conflict',
  'failed',
  'cancelled',
] as const;

export type PipelineOutcome = (typeof PIPELINE_OUTCOMES)[number];

/** The version of the shape of a release record that this version of ObjDocker writes, and the newest that it reads. */
export const RECORD_SCHEMA_VERSION = 1;

/** The media type of a release record: of its manifest, and of its config, by which Harbor shows it as RELEASE. */
export const RECORD_TYPE = 'application/vnd.objdocker.release.config.v1+json';

/** The media type of what `<number>.end` points to when a release was undone. */
export const UNDO_TYPE = 'application/vnd.objdocker.release-undo.config.v1+json';

/** What a release record can be about. */
export const RECORD_KINDS = ['release', 'rollback', 'hold', 'resume', 'prune'] as const;

export type RecordKind = (typeof RECORD_KINDS)[number];

/**
 * How far the promotion of a release record got.
 *
 * - `open`: it has not ended. Its run is in progress, or died.
 * - `done`: all public tags were moved.
 * - `undoing`: it could not be finished, and the tags that were moved may not all be back yet.
 * - `undone`: the tags are back.
 */
export const RECORD_STATES = ['open', 'done', 'undoing', 'undone'] as const;

export type RecordState = (typeof RECORD_STATES)[number];

/**
 * What an audit can find.
 *
 * - `released-but-rejected`: today's policy rejects an image that a public tag points to.
 * - `report-too-old`, `not-scanned`: what was found in a released image is not known as of today.
 * - `tag-moved`: a public tag does not point to what its current release says.
 * - `image-missing`: a released image, or one of its platforms, is not in the registry.
 * - `record-missing`, `record-invalid`: a release record is not there, or cannot be read.
 * - `release-open`: a release has not ended: its run is in progress, or died.
 * - `retention`: the tag retention of the project would delete a released image or a record.
 * - `allowance-expires`: an entry of the allow-list expires within two weeks, or has expired.
 */
export const DIFFERENCE_KINDS = [
  'released-but-rejected',
  'image-missing',
  'tag-moved',
  'record-missing',
  'record-invalid',
  'release-open',
  'not-scanned',
  'report-too-old',
  'retention',
  'allowance-expires',
] as const;

export type DifferenceKind = (typeof DIFFERENCE_KINDS)[number];

/** How a service differs between two releases: `changed` has another image. */
export const DIFF_CHANGES = ['added', 'removed', 'changed', 'unchanged'] as const;

export type DiffChange = (typeof DIFF_CHANGES)[number];

/** How a package differs between two SBOMs: `changed` has other versions. */
export const PACKAGE_CHANGES = ['added', 'removed', 'changed'] as const;

/** The stages of a run, in their order. */
export const STAGES = [
  'preflight',
  'recover',
  'plan',
  'build',
  'push',
  'scan',
  'gate',
  'promote',
  'registries',
] as const;

/**
 * What a run does about a service.
 *
 * - `build`: its image is built.
 * - `reuse`: its image is that of an earlier release, and public tags move to it.
 * - `unchanged`: its image is that of an earlier release, and no public tag moves.
 * - `same-content`: it was built, and layers and configuration, labels and times aside, are those of the current release, whose
 *   image stays: nothing is pushed, and no public tag moves.
 */
export const SERVICE_ACTIONS = ['build', 'reuse', 'unchanged', 'same-content'] as const;

export type ServiceAction = (typeof SERVICE_ACTIONS)[number];

export type StageName = (typeof STAGES)[number];

/**
 * The state of an instance.
 *
 * - `created`: never started.
 * - `running`: its process runs.
 * - `paused`: its process is suspended.
 * - `restarting`: it exited, and the substrate will start it again.
 * - `exited`: its process exited; it can be started again.
 * - `removing`: it is being deleted.
 * - `dead`: deleting it failed; it can only be deleted again.
 */
export const INSTANCE_STATES = ['created', 'running', 'paused', 'restarting', 'exited', 'removing', 'dead'] as const;

export type InstanceState = (typeof INSTANCE_STATES)[number];
