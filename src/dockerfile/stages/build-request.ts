import type { Lookup } from '../syntax/shell-lexer.ts';
import type { Platform } from '../values/platform.ts';

/** What a build is asked for. */
export interface BuildRequest {
  /** The values of `--build-arg`. */
  readonly buildArgs: Lookup;
  /** The platform of the image. */
  readonly platform: Platform;
  /** The platform of the builder. */
  readonly builder: Platform;
}

/** The arguments that FROM lines see, and an ARG without a default. */
export interface GlobalArgs {
  readonly values: ReadonlyMap<string, string>;
  /** As {@link values}, before SOURCE_DATE_EPOCH was checked. */
  readonly declared: ReadonlyMap<string, string>;
  /** The value of `--build-arg`; SOURCE_DATE_EPOCH in its plain form. */
  readonly buildArgs: Lookup;
  /** The arguments that the value of a declared one was made from, by its name. */
  readonly mentions: ReadonlyMap<string, ReadonlySet<string>>;
}
