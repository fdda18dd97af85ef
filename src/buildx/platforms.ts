import { ObjDockerError } from '../errors.ts';
import { didYouMean } from '../lib/text/suggest.ts';

// The platforms of BuildKit, in the form of containerd's platforms package.
const KNOWN = [
  'linux/amd64',
  'linux/arm64',
  'linux/arm/v5',
  'linux/arm/v6',
  'linux/arm/v7',
  'linux/386',
  'linux/loong64',
  'linux/mips64',
  'linux/mips64le',
  'linux/ppc64le',
  'linux/riscv64',
  'linux/s390x',
  'windows/amd64',
  'windows/arm64',
];
const ARCHITECTURES = KNOWN.flatMap((platform) => platform.split('/')[1] ?? []);
const ARCH_ALIASES: ReadonlyMap<string, string> = new Map([
  ['x86_64', 'amd64'],
  ['x86-64', 'amd64'],
  ['aarch64', 'arm64'],
  ['armhf', 'arm/v7'],
  ['armel', 'arm/v6'],
  ['i386', '386'],
]);

/**
 * Normalizes a platform like BuildKit: `linux/aarch64` and `arm64` become `linux/arm64`, `linux/arm` becomes `linux/arm/v7`.
 *
 * @throws {ObjDockerError} PLATFORM_INVALID for a platform that BuildKit does not support.
 */
export function normalizePlatform(text: string): string {
  const parts = text.trim().toLowerCase().split('/');
  const [os = '', arch = '', variant, ...rest] = parts.length === 1 ? ['linux', ...parts] : parts;
  const [alias = arch, aliasVariant] = (ARCH_ALIASES.get(arch) ?? arch).split('/');
  const full = withVariant(`${os}/${alias}`, variant ?? aliasVariant);
  const base = full.split('/', 2).join('/');
  const known = KNOWN.includes(full) || (KNOWN.includes(base) && /^v[1-9]$/.test(variant ?? ''));
  if (known && rest.length === 0) return full;
  const shown = JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
  // Without an operating system, only the architecture is compared.
  const near = parts.length === 1 ? didYouMean(arch, ARCHITECTURES) : didYouMean(full, KNOWN);
  throw new ObjDockerError('PLATFORM_INVALID', `${shown} is not a platform${near}`, {
    hint: `A platform is os/arch[/variant], one of ${KNOWN.join(', ')}.`,
  });
}

/** Normalizes platforms, which may be comma-separated, and drops duplicates. */
export function normalizePlatforms(texts: readonly string[]): string[] {
  return [...new Set(texts.flatMap((text) => text.split(',')).map(normalizePlatform))];
}

function withVariant(base: string, variant: string | undefined): string {
  if (base === 'linux/arm') return `${base}/${variant ?? 'v7'}`;
  // containerd omits these two variants, which are the defaults.
  if (
    variant === undefined ||
    (base === 'linux/arm64' && variant === 'v8') ||
    (base === 'linux/amd64' && variant === 'v1')
  )
    return base;
  return `${base}/${variant}`;
}
