import type { ScanState } from '../../model/enums.ts';
import type { ImageScan } from '../../model/scan-report.ts';

/** What happens while a scan is waited for; `platform` and `digest` say of which image. */
export type ScanEvent =
  | { readonly type: 'requested'; readonly platform: string; readonly digest: string; readonly attached: boolean }
  | {
      readonly type: 'progress';
      readonly platform: string;
      readonly digest: string;
      readonly status: 'queued' | 'running';
      /** Where Harbor tells it. */
      readonly percent?: number;
    }
  | {
      readonly type: 'finished';
      readonly platform: string;
      readonly digest: string;
      readonly state: ScanState;
      readonly counts: ImageScan['counts'];
    }
  /** Harbor is unavailable for the moment; the wait continues. */
  | { readonly type: 'trouble'; readonly message: string };
