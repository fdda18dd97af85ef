import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** PEM texts of a certificate authority and a server that it signed. */
export interface TlsFiles {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/**
 * Makes a certificate authority and a server's certificate with openssl.
 * `days` below zero makes one that has expired; `names` are subject alternative names such as `DNS:localhost`.
 */
export function makeTlsFiles({ names = 'DNS:localhost,IP:127.0.0.1', days = 2 } = {}): TlsFiles {
  const directory = mkdtempSync(join(tmpdir(), 'objdocker-tls-'));
  const openssl = (line: string) => execFileSync('openssl', line.split(' '), { cwd: directory, stdio: 'pipe' });
  const newKey = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes';
  try {
    openssl(
      `req -x509 ${newKey} -days 2 -subj /CN=test-ca -addext basicConstraints=critical,CA:TRUE -keyout ca.key -out ca.pem`,
    );
    openssl(`req ${newKey} -subj /CN=test-server -keyout server.key -out server.csr`);
    writeFileSync(join(directory, 'names'), `subjectAltName=${names}`);
    openssl(
      `x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days ${days} -extfile names -out server.pem`,
    );
    const read = (name: string) => readFileSync(join(directory, name), 'utf8');
    return { ca: read('ca.pem'), cert: read('server.pem'), key: read('server.key') };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
