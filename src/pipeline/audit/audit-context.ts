import type { Package } from '../../config/package.ts';
import type { Difference } from '../../model/audit.ts';
import type { ReleaseRecord } from '../../model/release.ts';
import type { ReleaseRecords } from '../../release/records.ts';
import type { PipelineEvent } from '../events.ts';
import type { AuditOptions } from '../options.ts';
import type { OpenedRegistry } from '../run/open-registry.ts';

/** What an audit of one package works with. */
export interface AuditContext {
  readonly pkg: Package;
  readonly options: AuditOptions;
  readonly registry: OpenedRegistry;
  readonly records: ReleaseRecords;
  readonly now: Date;
  readonly signal: AbortSignal;
  readonly emit: (event: PipelineEvent) => void;
  readonly report: (difference: Difference) => void;
  /** Something could not be asked. */
  readonly unknown: (text: string) => void;
}

/** The current release of a public tag. */
export interface CurrentRelease {
  readonly tag: string;
  readonly record: ReleaseRecord;
}
