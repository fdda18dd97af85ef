import type { Package } from '../config/package.ts';
import type { Host } from '../lib/host.ts';
import type { Operation } from '../lib/operation.ts';
import type { PipelineReport } from '../pipeline-run.ts';
import type { ScanReport } from '../scan-report.ts';
import type { ObjDocker } from '../substrate/obj-docker.ts';
import type { CallOptions } from '../substrate/obj-substrate.ts';
import type { Verdict } from '../verdict.ts';
import type { PipelineEvent } from './events.ts';

export interface PipelineOptions extends CallOptions {
  /** Only these services. @default all */
  readonly services?: readonly string[] | undefined;
  /** The public tag, instead of `image.tag`. */
  readonly tag?: string | undefined;
  /** Instead of `image.platforms`. */
  readonly platforms?: readonly string[] | undefined;
  readonly noCache?: boolean | undefined;
  readonly pull?: boolean | undefined;
  readonly builder?: string | undefined;
  /** False releases without a scan, which the result says. A plain registry takes nothing else. @default true */
  readonly scan?: boolean | undefined;
  /** How long to wait for the scans. @default `deployment.scan.timeout` */
  readonly timeoutMs?: number | undefined;
  /** The packages whose registries go into the registries.yaml. @default the package alone */
  readonly registriesOf?: readonly Package[] | undefined;
}

export interface GateOptions extends CallOptions {
  /** Waits for scans that run or are about to. @default false */
  readonly wait?: boolean | undefined;
  readonly timeoutMs?: number | undefined;
}

export interface GateReport {
  readonly verdict: Verdict;
  readonly scans: readonly ScanReport[];
}

export interface CleanOptions extends CallOptions {
  /** @default 24 hours */
  readonly olderThanMs?: number | undefined;
  /** Says what it would remove, and removes nothing. */
  readonly dryRun?: boolean | undefined;
}

export interface CleanResult {
  readonly removed: readonly { readonly reference: string; readonly digest: string }[];
  /** Tags that could not be removed, and why. */
  readonly kept: readonly { readonly reference: string; readonly reason: string }[];
}

/** The pipeline. */
export declare class ObjBuild {
  constructor(docker: ObjDocker, options?: { readonly host?: Host | undefined });
  run(pkg: Package, options?: PipelineOptions): Operation<PipelineEvent, PipelineReport>;
  gate(pkg: Package, repos: readonly string[], options?: GateOptions): Operation<PipelineEvent, GateReport>;
  clean(pkg: Package, options?: CleanOptions): Promise<CleanResult>;
}
