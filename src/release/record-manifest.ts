import { gunzipSync, gzipSync } from 'node:zlib';
import * as z from 'zod';
import { ObjDockerError } from '../errors.ts';
import { asRecord, asText, parseObject } from '../lib/json.ts';
import { RECORD_SCHEMA_VERSION, RECORD_TYPE, UNDO_TYPE } from '../model/enums.ts';
import { type ReleaseInputs, releaseInputs } from '../model/inputs.ts';
import { type ReleaseRecord, releaseRecord } from '../model/release.ts';
import { digestOf } from '../registry/put-manifest.ts';
import type { ManifestContent } from '../registry/registry.ts';

/** The type of the layer with the record. */
const LAYER_TYPE = 'application/vnd.objdocker.release.v1+json';

/** The type of the layer with the inputs of the images. */
const INPUTS_TYPE = 'application/vnd.objdocker.release-inputs.v1+json+gzip';

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

/**
 * @param inputs what the images were made from; kept in a layer of its own, which is only read to name what has changed
 * @throws {ObjDockerError} RECORD_INVALID when it is larger than {@link MAX_RECORD_BYTES}
 */
export function encodeRecord(record: ReleaseRecord, inputs?: ReleaseInputs): EncodedRecord {
  const { number, kind, package: name } = record;
  const annotations = {
    'org.opencontainers.image.created': record.created,
    'org.opencontainers.image.title': `release ${number} of ${name}`,
    'org.objdocker.release.number': String(number),
    'org.objdocker.release.kind': kind,
  };
  const packed = inputs === undefined ? undefined : packedBlob(inputs);
  const encoded = encode(RECORD_TYPE, record, annotations, packed);
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

function encode(
  type: string,
  content: object,
  annotations: Readonly<Record<string, string>>,
  inputs?: Blob,
): EncodedRecord {
  const config = blobOf({ type });
  const layer = blobOf(content);
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      artifactType: type,
      config: { mediaType: type, digest: config.digest, size: config.bytes.length },
      layers: [descriptorOf(LAYER_TYPE, layer), ...(inputs === undefined ? [] : [descriptorOf(INPUTS_TYPE, inputs)])],
      annotations,
    }),
  );
  return {
    manifest: { digest: digestOf(bytes), mediaType: MANIFEST_TYPE, bytes },
    blobs: [config, layer, ...(inputs === undefined ? [] : [inputs])],
  };
}

function descriptorOf(mediaType: string, { digest, bytes }: Blob) {
  return { mediaType, digest, size: bytes.length };
}

function packedBlob(content: object): Blob {
  const bytes = gzipSync(JSON.stringify(content));
  return { digest: digestOf(bytes), bytes };
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

/** The digest of the layer with the inputs; undefined when the record has none. */
export function inputsLayerOf({ bytes }: Pick<ManifestContent, 'bytes'>): string | undefined {
  const layers = parseObject(Buffer.from(bytes).toString('utf8'))?.layers;
  const found = (Array.isArray(layers) ? layers : []).map(asRecord).find((each) => each?.mediaType === INPUTS_TYPE);
  return asText(found?.digest);
}

/** The most bytes that the inputs of a release may have. */
const MAX_INPUTS_BYTES = 256 * 1024 * 1024;

/** @returns undefined for what is not the inputs of a release */
export function decodeInputs(bytes: Uint8Array): ReleaseInputs | undefined {
  try {
    const text = gunzipSync(bytes, { maxOutputLength: MAX_INPUTS_BYTES }).toString('utf8');
    return releaseInputs.safeParse(parseObject(text)).data;
  } catch {
    // It only serves to name what has changed.
    return undefined;
  }
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
