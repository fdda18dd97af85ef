import type { ScanState } from '../../model/enums.ts';
import type { ImageScan } from '../../model/scan-report.ts';

/** An event of a scan; `platform` and `digest` identify the image. */
export type ScanEvent =
  | { readonly type: 'requested'; readonly platform: string; readonly digest: string; readonly attached: boolean }
  | {
      readonly type: 'progress';
      readonly platform: string;
      readonly digest: string;
      readonly status: 'queued' | 'running';
      /** Present when Harbor reports it. */
      readonly percent?: number;
    }
  | {
      readonly type: 'finished';
      readonly platform: string;
      readonly digest: string;
      readonly state: ScanState;
      readonly counts: ImageScan['counts'];
    }
  /** Harbor is temporarily unavailable. The wait continues. */
  | { readonly type: 'trouble'; readonly message: string };
