import { asRecord, asText } from '../../lib/json.ts';

/** One line of the engine's push stream. */
export type PushLine =
  | {
      readonly kind: 'layer';
      readonly layer: string;
      readonly status: LayerStatus;
      readonly current?: number;
      readonly total?: number;
    }
  | { readonly kind: 'digest'; readonly digest: string; readonly sizeBytes?: number }
  /** The engine reports failures in a stream whose HTTP status is 200. */
  | { readonly kind: 'error'; readonly message: string }
  | { readonly kind: 'other'; readonly text: string };

export type LayerStatus = 'waiting' | 'pushing' | 'pushed' | 'exists' | 'mounted' | 'retrying';

const STATUSES: readonly (readonly [RegExp, LayerStatus])[] = [
  [/^(Preparing|Waiting)$/, 'waiting'],
  [/^Pushing$/, 'pushing'],
  [/^Pushed$/, 'pushed'],
  [/^Layer already exists$/, 'exists'],
  [/^Mounted from /, 'mounted'],
  [/^Retrying in /, 'retrying'],
];

/**
 * Reads one object of the response of `POST /images/{name}/push`.
 *
 * The digest is in `aux` with the classic image store, and only in the last status line with the containerd store (seen with
 * Engine 20.10 and 26).
 */
export function readPushLine(line: Readonly<Record<string, unknown>>): PushLine {
  const message = asText(line.error) ?? asText(asRecord(line.errorDetail)?.message);
  if (message !== undefined || 'error' in line || 'errorDetail' in line) {
    return { kind: 'error', message: message ?? 'the engine gave no reason' };
  }
  const aux = asRecord(line.aux);
  const digest = asText(aux?.Digest);
  if (digest !== undefined) return { kind: 'digest', digest, ...sizeOf(aux?.Size) };
  const status = asText(line.status) ?? '';
  const [, digestInText, size] = / digest: (\S+:[0-9a-f]{32,}) size: (\d+)$/.exec(status) ?? [];
  if (digestInText !== undefined) return { kind: 'digest', digest: digestInText, ...sizeOf(Number(size)) };
  return readLayer(line, status) ?? { kind: 'other', text: status };
}

function readLayer(line: Readonly<Record<string, unknown>>, text: string): PushLine | undefined {
  const layer = asText(line.id);
  const status = STATUSES.find(([pattern]) => pattern.test(text))?.[1];
  if (layer === undefined || status === undefined) return undefined;
  const progress = asRecord(line.progressDetail);
  return { kind: 'layer', layer, status, ...numbers(progress?.current, progress?.total) };
}

function numbers(current: unknown, total: unknown): { current?: number; total?: number } {
  return {
    ...(isCount(current) ? { current } : {}),
    // The engine reports a total of 0 or -1 until it knows it.
    ...(isCount(total) && total > 0 ? { total } : {}),
  };
}

function sizeOf(size: unknown): { sizeBytes?: number } {
  return isCount(size) ? { sizeBytes: size } : {};
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
