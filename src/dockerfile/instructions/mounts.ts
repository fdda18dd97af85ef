import { didYouMean } from '../../lib/text/suggest.ts';
import { joinWords } from '../../lib/text/words.ts';
import { show, ValueError } from '../problem.ts';
import { lowerCase } from '../syntax/text.ts';
import { isSize, isUint32, readBoolean } from '../values/go-values.ts';
import { csvFields } from './csv.ts';
import type { MountField, RunMount } from './instruction.ts';

export type MountType = 'bind' | 'cache' | 'tmpfs' | 'secret' | 'ssh';

/** A `RUN --mount=…`. */
export interface Mount {
  readonly type: MountType;
  /** A stage or an image; empty for the build context, or for nothing. */
  readonly from: string;
  readonly source: string;
  readonly target: string;
  /** Of a cache, a secret or an SSH agent. */
  readonly id: string;
  /** Whether the build needs the secret or the SSH agent. */
  readonly required: boolean;
  /** The environment variable that gets the secret; empty for that of its id. */
  readonly env?: string;
}

const TYPES: readonly string[] = ['bind', 'cache', 'tmpfs', 'secret', 'ssh'];
const SHARING = ['shared', 'private', 'locked'];

/**
 * Splits a mount into its fields. Variables may stand in all of them but in `from`.
 *
 * @throws {ValueError} for what is not CSV, and for a variable in `from`.
 */
export function readRunMount(flag: string): RunMount {
  let from = '';
  const fields = fieldsOf(flag);
  for (const { key, value } of fields) {
    if (key !== 'from' || value === undefined) continue;
    const dollar = value.indexOf('$');
    if (dollar >= 0 && dollar !== value.length - 1)
      throw new ValueError(
        `the mount has a variable in from=${value}, and BuildKit does not replace it there`,
        'Give the image a stage of its own ("FROM ${IMAGE} AS source") and mount from=source.',
      );
    from = value;
  }
  return { flag, from, fields };
}

function fieldsOf(flag: string): MountField[] {
  return csvOf(flag).map((text) => {
    const equals = text.indexOf('=');
    return {
      text,
      key: lowerCase(equals < 0 ? text : text.slice(0, equals)),
      value: equals < 0 ? undefined : text.slice(equals + 1),
    };
  });
}

function csvOf(flag: string): string[] {
  try {
    return csvFields(flag);
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    throw new ValueError(`the mount cannot be read: ${error.message}`, error.hint);
  }
}

interface Draft {
  type: string;
  from: string;
  source: string;
  target: string;
  id: string;
  required: boolean;
  env?: string;
  sharing: string;
  /** A key that only some types know. */
  fileKey?: string;
}

/**
 * Reads a mount.
 *
 * @param expand fills in the variables of a value
 * @throws {ValueError}
 */
export function readMount({ fields }: RunMount, expand: (value: string) => string): Mount {
  const draft: Draft = {
    type: 'bind',
    from: '',
    source: '',
    target: '',
    id: '',
    required: false,
    sharing: '',
  };
  for (const { text, key, value } of fields) {
    if (value === undefined) readSwitch(draft, text, key);
    else readField(draft, { text, key, value: expand(value) });
  }
  checkTogether(draft);
  const { from, source, target, id, required, env } = draft;
  const mount: Mount = { type: mountType(draft.type), from, source, target, id, required };
  return env === undefined ? mount : { ...mount, env };
}

function mountType(type: string): MountType {
  if (isMountType(type)) return type;
  throw new ValueError(
    `the mount has the unknown type ${show(type)}${didYouMean(type, TYPES)}`,
    `Use ${joinWords(TYPES, 'or')}.`,
  );
}

function isMountType(type: string): type is MountType {
  return TYPES.includes(type);
}

function readSwitch(draft: Draft, text: string, key: string): void {
  if (['readonly', 'ro', 'readwrite', 'rw'].includes(key)) return;
  if (key === 'required') {
    requireType(draft, key, 'secret', 'ssh');
    draft.required = true;
    return;
  }
  if (text.trim() === '')
    throw new ValueError(
      'the mount has an empty field',
      'A space behind a comma ends the flag: write the fields without spaces.',
    );
  throw new ValueError(`the mount's field ${show(text)} has no value`, `Write ${key}=value.`);
}

function requireType(draft: Draft, key: string, ...types: MountType[]): void {
  if (types.some((type) => type === draft.type)) return;
  throw new ValueError(
    `a mount of type ${draft.type} does not take ${key}`,
    `Only ${joinWords(types)} ${types.length > 1 ? 'take' : 'takes'} it; write type= before it.`,
  );
}

function readField(draft: Draft, { text, key, value }: { text: string; key: string; value: string }): void {
  switch (key) {
    case 'type':
      draft.type = mountType(lowerCase(value));
      return;
    case 'from':
      draft.from = value;
      return;
    case 'source':
    case 'src':
      draft.source = value;
      return;
    case 'target':
    case 'dst':
    case 'destination':
      draft.target = value;
      return;
    case 'readonly':
    case 'ro':
    case 'readwrite':
    case 'rw':
      readBoolean(value, `the mount's ${key}`);
      return;
    case 'required':
      requireType(draft, key, 'secret', 'ssh');
      draft.required = readBoolean(value, "the mount's required");
      return;
    case 'size':
      requireType(draft, key, 'tmpfs');
      if (!isSize(value)) throw new ValueError(`the mount's size cannot be ${show(value)}`, 'Write a size: size=64m.');
      return;
    case 'id':
      draft.id = value;
      return;
    case 'sharing':
      draft.sharing = lowerCase(value);
      if (!SHARING.includes(draft.sharing))
        throw new ValueError(`the mount's sharing cannot be ${show(value)}`, `Use ${joinWords(SHARING, 'or')}.`);
      return;
    case 'mode':
    case 'uid':
    case 'gid':
      draft.fileKey ??= key;
      if (!isUint32(value, key === 'mode' ? 8 : 10))
        throw new ValueError(
          `the mount's ${key} cannot be ${show(value)}`,
          key === 'mode' ? 'Give an octal number: mode=0400.' : `Give a number: ${key}=1000.`,
        );
      return;
    case 'env':
      draft.env = value;
      return;
    default:
      throw new ValueError(
        `the mount has the unknown key ${show(text)}${didYouMean(key, KEYS)}`,
        `Use ${joinWords(KEYS, 'or')}.`,
      );
  }
}

const KEYS = [
  'type',
  'from',
  'source',
  'target',
  'readonly',
  'readwrite',
  'id',
  'sharing',
  'required',
  'size',
  'mode',
  'uid',
  'gid',
  'env',
];

function checkTogether({ type, from, source, target, id, sharing, fileKey }: Draft): void {
  if (fileKey !== undefined && (type === 'bind' || type === 'tmpfs'))
    throw new ValueError(`a mount of type ${type} does not take ${fileKey}`, 'Only secret, ssh and cache take it.');
  if (type === 'secret') {
    if (from !== '')
      throw new ValueError('a mount of type secret does not take from', 'Remove it: a secret has an id.');
    if (source === '' && target === '' && id === '')
      throw new ValueError('a mount of type secret needs an id', 'Write --mount=type=secret,id=NAME.');
    if (source !== '' && id !== '')
      throw new ValueError('a mount of type secret has an id and a source', 'Remove the source.');
  }
  if (sharing !== '' && type !== 'cache')
    throw new ValueError(`a mount of type ${type} does not take sharing`, 'Only cache takes it.');
}
