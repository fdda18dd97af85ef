import { escapeUnprintable } from '../../lib/text/sanitize.ts';
import type { LazyObject } from './lazy-json.ts';

/** Text for a SARIF message, in which braces are placeholders and brackets are links unless they are escaped. */
export function messageText(text: string): string {
  return escapeUnprintable(text)
    .replace(/[\\[\]]/g, '\\$&')
    .replace(/[{}]/g, '$&$&');
}

/** The location of a result for code hosts: the first line of a file, because an image has no lines. */
export function resultLocation(uri: string, image: string): LazyObject {
  return {
    physicalLocation: {
      artifactLocation: { uri },
      region: { startLine: 1, startColumn: 1, endLine: 1, endColumn: 1 },
    },
    logicalLocations: [{ fullyQualifiedName: escapeUnprintable(image), kind: 'resource' }],
  };
}
