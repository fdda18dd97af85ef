import type { ImageInputs } from '../../build/inputs/image-inputs.ts';
import type { ServiceAction } from '../../model/enums.ts';
import type { ReleasedService } from '../../model/release.ts';
import type { ScanReport } from '../../model/scan-report.ts';
import type { RunImage } from '../run/context.ts';
import type { PushedImage } from './push.ts';

/** What a run does about an image. */
export interface ImagePlan {
  readonly image: RunImage;
  readonly action: ServiceAction;
  /** Why it is built; for one that is not, the release that its image is from. */
  readonly reasons: readonly string[];
  /** Undefined where releases are not on record. */
  readonly inputs?: ImageInputs;
  /** The image to reuse; undefined for one that is built. */
  readonly reused?: ReusedImage;
  /**
   * Why it is built without a cache and with fresh base images: it was built long ago, or its release is rejected today and a fix
   * exists. @default it is built with both
   */
  readonly fresh?: 'old' | 'rejected';
  /** The scan report of the reused image, as it was when the run planned. */
  readonly report?: ScanReport;
  /** What the image is without the build of today that a rejection has led to: unchanged. */
  readonly released?: ImagePlan;
}

/** An image of the registry that needs no build. */
export interface ReusedImage extends Pick<ReleasedService, 'revision' | 'built' | 'inputs'> {
  /** The first release with it; undefined for one that is in no release. */
  readonly since?: number;
  readonly pushed: PushedImage;
}
