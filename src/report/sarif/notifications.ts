import { SCAN_STATE_LABELS } from '../../model/labels.ts';
import { adviceFor } from '../scan-states.ts';
import type { ScannedImage } from '../scanned-image.ts';
import type { LazyObject } from './lazy-json.ts';
import { messageText, resultLocation } from './text.ts';

const WITHOUT_RESULT = ['scanner-down', 'failed', 'running', 'not-scanned', 'unsupported'] as const;

/** The kinds of notifications: one for each state without a result. */
export const SCAN_NOTIFICATIONS: readonly LazyObject[] = WITHOUT_RESULT.map((state) => ({
  id: `scan-${state}`,
  shortDescription: { text: SCAN_STATE_LABELS[state] },
  help: { text: adviceFor(state) },
  defaultConfiguration: { level: 'error' },
}));

/** The kind of {@link cutNotification}. */
export const CUT_NOTIFICATION: LazyObject = {
  id: 'results-cut',
  shortDescription: { text: 'Findings are left out, because a code host does not take as many' },
  defaultConfiguration: { level: 'warning' },
};

export function cutNotification(omission: string): LazyObject {
  return { level: 'warning', descriptor: { id: CUT_NOTIFICATION.id }, message: { text: messageText(`${omission}.`) } };
}

/** A notification that the findings of an image are not known, with the reason. */
export function notification({ name, scan }: ScannedImage, uri: string): LazyObject {
  const reason = scan.reason === undefined ? '' : ` (${scan.reason})`;
  const text = `${SCAN_STATE_LABELS[scan.state]}: ${name}${reason}. Nothing is known about it. ${adviceFor(scan.state)}`;
  return {
    level: 'error',
    descriptor: { id: `scan-${scan.state}` },
    message: { text: messageText(text.trim()) },
    locations: [resultLocation(uri, name)],
  };
}
