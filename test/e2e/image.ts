import { randomBytes } from 'node:crypto';

export const DOCKERFILE = `FROM scratch
COPY root/ /
CMD ["/none"]
`;

/**
 * The files of an image that needs no base image and no network. A scanner takes it for Debian with vulnerable packages.
 *
 * Each call makes another image.
 */
export function debianFiles(): Readonly<Record<string, string>> {
  return {
    Dockerfile: DOCKERFILE,
    'root/etc/debian_version': '12.0\n',
    'root/etc/os-release':
      'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\nVERSION="12 (bookworm)"\n',
    'root/etc/unique': `${randomBytes(16).toString('hex')}\n`,
    'root/var/lib/dpkg/status': PACKAGES.map(paragraph).join('\n'),
  };
}

const PACKAGES = [
  ['openssl', 'openssl', '3.0.9-1'],
  ['libssl3', 'openssl', '3.0.9-1'],
  ['zlib1g', 'zlib', '1:1.2.13.dfsg-1'],
  ['libexpat1', 'expat', '2.5.0-1'],
] as const;

function paragraph([name, source, version]: (typeof PACKAGES)[number]): string {
  return `Package: ${name}
Status: install ok installed
Priority: optional
Section: libs
Maintainer: Nobody <nobody@example.com>
Architecture: amd64
Source: ${source}
Version: ${version}
Description: ${name}
`;
}
