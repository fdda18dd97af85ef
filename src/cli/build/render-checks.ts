import type { CheckWarning } from '../../buildx/frontend/checks.ts';
import { sanitizeLine } from '../../lib/text/sanitize.ts';

/** The warnings of BuildKit's own checks, each with its place, its rule and where that is explained. */
export function renderCheckWarnings(warnings: readonly CheckWarning[], mark: (text: string) => string): string[] {
  return warnings.flatMap(({ file, line, rule, message, url }) => [
    `${mark('warning:')} ${sanitizeLine(`${file}:${line ?? 1}: ${rule}: ${message}`)}`,
    ...(url === undefined ? [] : [`  ${sanitizeLine(url)}`]),
  ]);
}
