import { ValueError } from '../problem.ts';
import { joinPaths } from './paths.ts';

/** What an image is for. */
export interface Platform {
  readonly os: string;
  readonly osVersion: string;
  readonly osFeatures: readonly string[];
  readonly architecture: string;
  readonly variant: string;
}

const SYSTEMS =
  'aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris windows zos'.split(
    ' ',
  );
const ARCHITECTURES =
  'amd64 386 amd64p32 arm armbe arm64 arm64be ppc64 ppc64le loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le ppc riscv riscv64 s390 s390x sparc sparc64 wasm'.split(
    ' ',
  );
const OPERATING_SYSTEM = /^([A-Za-z0-9_-]+)(?:\(([A-Za-z0-9_.%-]*)((?:\+[A-Za-z0-9_.%-]+)*)\))?$/;
const COMPONENT = /^[A-Za-z0-9_.-]+$/;

/**
 * Reads `os/architecture/variant`, `os/architecture`, or one of them alone, by the grammar of containerd's platforms.
 *
 * @param builder gives what is left out
 * @throws {ValueError}
 */
export function parsePlatform(text: string, builder: Platform): Platform {
  const [system = '', ...components] = text.split('/');
  const match = OPERATING_SYSTEM.exec(system);
  if (match === null || components.length > 2 || components.some((component) => !COMPONENT.test(component)))
    throw new ValueError(
      `${JSON.stringify(text)} is not a platform`,
      'Write it as os/architecture[/variant]: linux/arm64.',
    );
  const os = normalizeSystem(match[1] ?? '');
  const osVersion = decode(match[2] ?? '');
  const osFeatures = (match[3] ?? '')
    .split('+')
    .slice(1)
    .map(decode)
    .filter((feature) => feature !== '');
  const [first, second] = components;
  if (first === undefined) return fromOne(system, { os, osVersion, osFeatures }, builder);
  const [architecture, variant] = normalizeArchitecture(first, second ?? '');
  if (second === undefined) {
    const plain = architecture === 'arm' && variant === 'v7' ? '' : variant;
    return { os, osVersion, osFeatures, architecture, variant: plain };
  }
  return {
    os,
    osVersion,
    osFeatures,
    architecture,
    variant: architecture === 'arm64' && variant === '' ? 'v8' : variant,
  };
}

function fromOne(text: string, system: Pick<Platform, 'os' | 'osVersion' | 'osFeatures'>, builder: Platform): Platform {
  if (SYSTEMS.includes(system.os)) return { ...system, architecture: builder.architecture, variant: '' };
  const [architecture, variant] = normalizeArchitecture(text, '');
  if (!ARCHITECTURES.includes(architecture))
    throw new ValueError(
      `${JSON.stringify(text)} is neither an operating system nor an architecture`,
      'Write it as os/architecture[/variant]: linux/arm64.',
    );
  const plain = architecture === 'arm' && variant === 'v7' ? '' : variant;
  return { ...system, os: builder.os, architecture, variant: plain };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ValueError(`${JSON.stringify(text)} has a "%" that is no escape`, 'Write %25 for the character itself.');
  }
}

function normalizeSystem(os: string): string {
  const lower = os.toLowerCase();
  return lower === 'macos' ? 'darwin' : lower;
}

function normalizeArchitecture(written: string, writtenVariant: string): [architecture: string, variant: string] {
  const architecture = written.toLowerCase();
  const variant = writtenVariant.toLowerCase();
  switch (architecture) {
    case 'i386':
      return ['386', ''];
    case 'x86_64':
    case 'x86-64':
    case 'amd64':
      return ['amd64', variant === 'v1' ? '' : variant];
    case 'aarch64':
    case 'arm64':
      if (['8', 'v8', 'v8.0'].includes(variant)) return ['arm64', ''];
      return ['arm64', ['9', '9.0', 'v9.0'].includes(variant) ? 'v9' : variant];
    case 'armhf':
      return ['arm', 'v7'];
    case 'armel':
      return ['arm', 'v6'];
    case 'arm':
      if (variant === '' || variant === '7') return ['arm', 'v7'];
      return ['arm', ['5', '6', '8'].includes(variant) ? `v${variant}` : variant];
    default:
      return [architecture, variant];
  }
}

/** A platform in one word; with the version and the features of the operating system when they are known. */
export function formatPlatform({ os, osVersion, osFeatures, architecture, variant }: Platform): string {
  if (os === '') return 'unknown';
  const features = [...new Set(osFeatures)].sort().map((feature) => `+${encode(feature)}`);
  const details = encode(osVersion) + features.join('');
  return joinPaths(details === '' ? os : `${os}(${details})`, architecture, variant);
}

function encode(text: string): string {
  return text.replace(/[%+()/]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
