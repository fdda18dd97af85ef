export type { PlanDescription } from './buildx/describe.ts';
export type { BuildEvent, BuildResult, BuiltImage, StepEvent } from './buildx/events.ts';
export type { ConfigIssue } from './config/issues.ts';
export { type Config, findConfig, type LoadOptions, loadConfig } from './config/load.ts';
export type {
  BuildSecret,
  CompileConfig,
  CredentialConfig,
  ImageConfig,
  K3sConfig,
  KeptOutFile,
  MirrorConfig,
  Package,
  RegistryConfig,
  ScanAllowance,
  ScanPolicy,
  Severity,
} from './config/package.ts';
export type { Engine, EngineImage, EngineInfo } from './docker/engine.ts';
export type { PushEvent, PushedImage, PushResult } from './docker/push.ts';
export { type ErrorCode, type ErrorDocument, isObjDockerError, ObjDockerError } from './errors.ts';
export { formatImageReference, type ImageReference, parseImageReference } from './image-ref.ts';
export {
  type HealthProbe,
  INSTANCE_STATES,
  type Instance,
  type InstanceDetail,
  type InstanceHealth,
  type InstanceMount,
  type InstanceNetwork,
  type InstancePort,
  type InstanceState,
  type OutputChunk,
  type TerminalSize,
} from './instance.ts';
export type { Environment, Exec, ExecOptions, ExecResult } from './lib/exec.ts';
export { type Host, systemHost } from './lib/host.ts';
export { createOperation, type Operation, type OperationContext } from './lib/operation.ts';
export { Secret } from './lib/secret.ts';
export type { PipelineEvent } from './pipeline/events.ts';
export {
  type CleanOptions,
  type CleanResult,
  type GateOptions,
  type GateReport,
  ObjBuild,
  type PipelineOptions,
} from './pipeline/obj-build.ts';
export {
  type PipelineImage,
  type PipelineOutcome,
  type PipelineReport,
  type PipelineRun,
  type Promotion,
  type Recovery,
  STAGES,
  type StageName,
  type StageRecord,
  type TagConflict,
} from './pipeline-run.ts';
export { type HarborComponent, type ProbeFinding, type ProbeReport, probeError } from './registry/probe-report.ts';
export type { Finding, FindingSeverity, ImageScan, ScanReport, ScanState, SeverityCounts } from './scan-report.ts';
export type { BuildPackageOptions, BuildPackageResult } from './substrate/build-package.ts';
export type { HarborCallOptions } from './substrate/harbor-access.ts';
export type { RemovedTag } from './substrate/harbor-changes.ts';
export type { CollectOptions, StartCollectionOptions } from './substrate/harbor-collections.ts';
export type { HarborArtifact, HarborListOptions, HarborRepo, ListReposOptions } from './substrate/harbor-lists.ts';
export type { ScanSummary } from './substrate/harbor-scan-summary.ts';
export type { ScanWaitOptions, StartedScan } from './substrate/harbor-scans.ts';
export type { TagChange } from './substrate/harbor-tags.ts';
export { ObjDocker, type ObjDockerOptions } from './substrate/obj-docker.ts';
export type {
  CallOptions,
  ChangeResult,
  DeleteInstanceOptions,
  DeleteResult,
  ExecuteOptions,
  Execution,
  ExecutionResult,
  ListInstancesOptions,
  ObjSubstrate,
  ReadLogsOptions,
  StartResult,
  StopInstanceOptions,
  StopResult,
  SubstrateConnection,
} from './substrate/obj-substrate.ts';
export {
  type CheckResult,
  type PreflightEvent,
  type PreflightResult,
  preflightError,
} from './substrate/preflight.ts';
export type { PreflightPackageOptions } from './substrate/preflight-package.ts';
export type { PushPackageOptions, PushPackageResult } from './substrate/push-package.ts';
export {
  type AllowedFinding,
  type AppliedPolicy,
  type ExpiredAllowance,
  GATE_OUTCOMES,
  type GateOutcome,
  type ImageVerdict,
  type JudgedFinding,
  type PlatformVerdict,
  type Verdict,
} from './verdict.ts';
