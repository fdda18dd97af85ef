import { issuesIn, minimal } from '../../../test/harness/config-text.ts';

/** `line:column severity key: message` of every issue in a text. */
export function found(text: string, env = {}, strict = false): readonly string[] {
  return issuesIn(text, { env, strict }).map(
    ({ line, column, severity, path, message }) =>
      `${line}:${column} ${severity} ${path.replace('shop.deployment.', '')}: ${message}`,
  );
}

// In `minimal()` the lines after registry.project are 7 and on, those after image.dockerfile 11 and on.
export const inRegistry = (...lines: string[]) =>
  minimal({ registry: lines.map((line) => `      ${line}`).join('\n') });
export const inImage = (...lines: string[]) => minimal({ image: lines.map((line) => `      ${line}`).join('\n') });
export const inDeployment = (...lines: string[]) =>
  minimal({ deployment: lines.map((line) => `    ${line}`).join('\n') });
export const without = (key: string) => minimal().replace(new RegExp(`^ *${key}:.*\n`, 'm'), '');
