import { show, ValueError } from '../problem.ts';

// Values as Go's strconv, time and units packages read them.

const TRUE = ['1', 't', 'T', 'TRUE', 'true', 'True'];
const FALSE = ['0', 'f', 'F', 'FALSE', 'false', 'False'];

/** @throws {ValueError} */
export function readBoolean(value: string, what: string): boolean {
  if (TRUE.includes(value)) return true;
  if (FALSE.includes(value)) return false;
  throw new ValueError(`${what} cannot be ${show(value)}`, 'Use true or false.');
}

/** Whether a text is a whole number without sign of at most 32 bits in that base. */
export function isUint32(value: string, base: 8 | 10): boolean {
  const digits = base === 8 ? /^[0-7]+$/ : /^[0-9]+$/;
  return digits.test(value) && Number.parseInt(value, base) <= 0xffff_ffff;
}

/** A whole number with or without sign, of at most 64 bits; undefined for anything else. */
export function readInteger(value: string): bigint | undefined {
  if (!/^[+-]?[0-9]+$/.test(value)) return undefined;
  const number = BigInt(value.startsWith('+') ? value.slice(1) : value);
  return number >= -(2n ** 63n) && number < 2n ** 63n ? number : undefined;
}

const NANOSECONDS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** The nanoseconds of a duration such as `1m30s`; undefined for anything else. */
export function readDuration(text: string): number | undefined {
  const sign = text.startsWith('-') ? -1 : 1;
  const unsigned = /^[+-]/.test(text) ? text.slice(1) : text;
  if (unsigned === '0') return 0;
  const parts = [...unsigned.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/gy)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== unsigned) return undefined;
  const total = parts.reduce((sum, [, number, unit]) => sum + Number(number) * (NANOSECONDS[unit ?? ''] ?? 0), 0);
  return total > 2 ** 63 ? undefined : sign * Math.trunc(total);
}

/** Whether a text is a size such as `64m` or `1.5 GiB`. */
export function isSize(text: string): boolean {
  const last = text.search(/[0-9. ][^0-9. ]*$/);
  if (last < 0) return false;
  const number = text.charAt(last) === ' ' ? text.slice(0, last) : text.slice(0, last + 1);
  return isFloat(number) && /^(?:b|[kmgtp](?:i?b)?)?$/i.test(text.slice(last + 1));
}

function isFloat(text: string): boolean {
  if (/^\+?(?:inf|infinity)$|^nan$/i.test(text)) return true;
  const negative = text.startsWith('-');
  const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text);
  return decimal && Number.isFinite(Number(text)) && !(negative && Number(text) < 0);
}

/** As {@link readBoolean}; undefined for what is neither. */
export function readBooleanOrNothing(value: string): boolean | undefined {
  if (TRUE.includes(value)) return true;
  return FALSE.includes(value) ? false : undefined;
}

const SYMBOLIC_MODE = /^[augo]*(?:[-+=][rstwXxugo]*)+(?:,[augo]*(?:[-+=][rstwXxugo]*)+)*$/;

/** Whether a text is the mode of a file, as in `0644` or `u=rw,go=r`. */
export function isFileMode(mode: string): boolean {
  if (isUint32(mode, 8)) return Number.parseInt(mode, 8) <= 0o7777;
  return SYMBOLIC_MODE.test(mode);
}

const SIGNALS =
  'ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ RTMIN RTMAX'.split(
    ' ',
  );

/** Whether a text is a signal of Linux, as a number or by its name with or without `SIG`. */
export function isSignal(text: string): boolean {
  const number = readInteger(text);
  if (number !== undefined) return number !== 0n;
  const name = text.toUpperCase().replace(/^SIG/, '');
  return SIGNALS.includes(name) || /^RTMIN\+(?:[1-9]|1[0-5])$|^RTMAX-(?:[1-9]|1[0-4])$/.test(name);
}
