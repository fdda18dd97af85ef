export type { HarborCallOptions } from './access/harbor-access.ts';
export type { BuildPackageOptions, BuildPackageResult, DescribeBuildOptions } from './build/build-package.ts';
export type { PushPackageOptions, PushPackageResult } from './build/push-package.ts';
export type { PlanDescription } from './buildx/plan-description.ts';
export type { BuildEvent, BuildResult, BuiltImage, StepEvent } from './buildx/progress/events.ts';
export { type Config, findConfig, type LoadOptions, loadConfig } from './config/load.ts';
export type {
  BuildSecret,
  CompileConfig,
  CredentialConfig,
  ExcludedFile,
  ImageConfig,
  K3sConfig,
  MirrorConfig,
  Package,
  RegistryConfig,
  ScanAllowance,
  ScanPolicy,
  Severity,
} from './config/package.ts';
export type { ShownPackage } from './config/show.ts';
export type { ConfigIssue } from './config/validation/issues.ts';
export type { Engine, EngineImage, EngineInfo } from './docker/connection/engine.ts';
export type { RestartOptions } from './docker/containers/restart.ts';
export type { PushEvent, PushedImage, PushResult } from './docker/push/push.ts';
export { type ErrorCode, type ErrorJson, isObjDockerError, ObjDockerError } from './errors.ts';
export { formatImageReference, type ImageReference, parseImageReference } from './image-ref.ts';
export { type Environment, systemEnvironment } from './lib/environment.ts';
export { createOperation, type Operation, type OperationContext } from './lib/operation.ts';
export type { EnvironmentVariables, Exec, ExecOptions, ExecResult } from './lib/process/exec.ts';
export { Secret } from './lib/secret.ts';
export type { AuditedPackage, AuditReport } from './model/audit.ts';
export {
  type FindingSeverity,
  GATE_OUTCOMES,
  type GateOutcome,
  INSTANCE_STATES,
  type InstanceState,
  type PipelineOutcome,
  type ScanState,
  STAGES,
  type StageName,
} from './model/enums.ts';
export type { HarborArtifact, HarborRepo, ScanSummary, StartedScan, UntagResult } from './model/harbor.ts';
export type {
  HealthProbe,
  Instance,
  InstanceDetail,
  InstanceHealth,
  InstanceMount,
  InstanceNetwork,
  InstancePort,
  OutputChunk,
  TerminalSize,
} from './model/instance.ts';
export type {
  PipelineImage,
  PipelineReport,
  PipelineRun,
  Promotion,
  Recovery,
  StageRecord,
  TagConflict,
} from './model/pipeline-run.ts';
export type { ExplainedInputs, PackagePlan, PlannedService } from './model/plan.ts';
export type { ReleaseHold, ReleaseRecord, StoredRelease, WithdrawnImage } from './model/release.ts';
export type {
  ComparedFinding,
  ComparedImage,
  ComparedPackage,
  ComparedService,
  DiffSide,
  ReleaseDiff,
} from './model/release-diff.ts';
export type { PromotedRelease, RollbackReport } from './model/rollback.ts';
export type { SbomImage, SbomPackage, SbomReport } from './model/sbom.ts';
export type { Finding, ImageScan, ScanReport, SeverityCounts } from './model/scan-report.ts';
export type {
  AllowedFinding,
  AppliedPolicy,
  EvaluatedFinding,
  ExpiredAllowance,
  ImageVerdict,
  PlatformVerdict,
  Verdict,
} from './model/verdict.ts';
export type { HarborSessionOptions } from './obj-docker/harbor/connection.ts';
export type { GcOptions, HarborSession, StartGcOptions } from './obj-docker/harbor/harbor-session.ts';
export type { ListArtifactsOptions, ListReposOptions } from './obj-docker/harbor/list-with-scans.ts';
export type { SbomCallOptions, ScanWaitOptions } from './obj-docker/harbor/scans.ts';
export type { TagChange } from './obj-docker/harbor/set-tag.ts';
export { ObjDocker, type ObjDockerOptions } from './obj-docker/obj-docker.ts';
export type { PipelineEvent } from './pipeline/events.ts';
export { ObjBuild } from './pipeline/obj-build.ts';
export type {
  AuditOptions,
  CleanOptions,
  CleanResult,
  DiffOptions,
  GateOptions,
  GateReport,
  HoldOptions,
  PipelineOptions,
  PlanOptions,
  PromoteReleaseOptions,
  RollbackOptions,
} from './pipeline/options.ts';
export {
  type CheckResult,
  type PreflightEvent,
  type PreflightResult,
  preflightError,
} from './preflight/preflight.ts';
export type { PreflightPackageOptions } from './preflight/preflight-package.ts';
export { type HarborComponent, type ProbeFinding, type ProbeReport, probeError } from './preflight/probe/report.ts';
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
