import * as z from 'zod';
import { ObjDockerError } from '../errors.ts';
import { asRecord, asText, parseObject } from '../lib/json.ts';
import { RECORD_SCHEMA_VERSION, RECORD_TYPE, UNDO_TYPE } from '../model/enums.ts';
import { type ReleaseRecord, releaseRecord } from '../model/release.ts';
import { digestOf } from '../registry/put-manifest.ts';
import type { ManifestContent } from '../registry/registry.ts';

/** The type of the layer with the record. */
const LAYER_TYPE = 'application/vnd.objdocker.release.v1+json';

const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';

const MAX_RECORD_BYTES = 64 * 1024;

/** A manifest with the blobs that it references. */
export interface EncodedRecord {
  readonly manifest: ManifestContent;
  readonly blobs: readonly Blob[];
}

export interface Blob {
  readonly digest: string;
  readonly bytes: Uint8Array;
}

/** @throws {ObjDockerError} RECORD_INVALID when it is larger than {@link MAX_RECORD_BYTES} */
export function encodeRecord(record: ReleaseRecord): EncodedRecord {
  const { number, kind, package: name } = record;
  const encoded = encode(RECORD_TYPE, record, {
    'org.opencontainers.image.created': record.created,
    'org.opencontainers.image.title': `release ${number} of ${name}`,
    'org.objdocker.release.number': String(number),
    'org.objdocker.release.kind': kind,
  });
  const size = encoded.blobs[1]?.bytes.length ?? 0;
  if (size <= MAX_RECORD_BYTES) return encoded;
  throw new ObjDockerError(
    'RECORD_INVALID',
    `the record of release ${number} of ${name} has ${size} bytes: the limit is ${MAX_RECORD_BYTES}`,
    { hint: 'A package with so many services, platforms or public tags cannot be released as one: split it.' },
  );
}

/** What says that a release was undone, and why. */
export interface UndoNote {
  readonly number: number;
  readonly package: string;
  /** The digest of the record. */
  readonly record: string;
  /** The run that undid it. */
  readonly run: string;
  readonly reason: string;
}

export function encodeUndo(note: UndoNote): EncodedRecord {
  return encode(UNDO_TYPE, note, {
    'org.opencontainers.image.title': `release ${note.number} of ${note.package} was undone`,
    'org.objdocker.release.number': String(note.number),
  });
}

/** What a registry is asked to take before the first release, to find out whether it takes records. */
export function encodeProbe(): EncodedRecord {
  return encode(RECORD_TYPE, { probe: true }, { 'org.opencontainers.image.title': 'not a release' });
}

function encode(type: string, content: object, annotations: Readonly<Record<string, string>>): EncodedRecord {
  const config = blobOf({ type });
  const layer = blobOf(content);
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      artifactType: type,
      config: { mediaType: type, digest: config.digest, size: config.bytes.length },
      layers: [{ mediaType: LAYER_TYPE, digest: layer.digest, size: layer.bytes.length }],
      annotations,
    }),
  );
  return { manifest: { digest: digestOf(bytes), mediaType: MANIFEST_TYPE, bytes }, blobs: [config, layer] };
}

function blobOf(content: object): Blob {
  const bytes = Buffer.from(JSON.stringify(content));
  return { digest: digestOf(bytes), bytes };
}

/** The digest of the layer with the record; undefined when the manifest is not of a record. */
export function layerOf({ bytes }: Pick<ManifestContent, 'bytes'>): string | undefined {
  const manifest = parseObject(Buffer.from(bytes).toString('utf8'));
  if (asText(asRecord(manifest?.config)?.mediaType) !== RECORD_TYPE) return undefined;
  const layers = Array.isArray(manifest?.layers) ? manifest.layers : [];
  return asText(asRecord(layers[0])?.digest);
}

const version = z.looseObject({ schemaVersion: z.int() });

/** @returns the record, or what is wrong with it */
export function decodeRecord(bytes: Uint8Array): ReleaseRecord | { readonly problem: string } {
  const content = parseObject(Buffer.from(bytes).toString('utf8'));
  const found = version.safeParse(content);
  if (!found.success) return { problem: 'it is damaged: its content is not that of a release record' };
  if (found.data.schemaVersion > RECORD_SCHEMA_VERSION) {
    return { problem: `a newer version of objdocker wrote it (schema version ${found.data.schemaVersion})` };
  }
  const parsed = releaseRecord.safeParse(content);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return { problem: `it is damaged: ${issue?.path.join('.') || 'the content'}: ${issue?.message ?? 'not valid'}` };
}
