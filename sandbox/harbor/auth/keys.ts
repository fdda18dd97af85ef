import { execFile } from 'node:child_process';
import { createPrivateKey, type KeyObject, randomBytes, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { jwtVerify, SignJWT } from 'jose';

export const TOKEN_ISSUER = 'harbor-token-issuer';
export const TOKEN_SERVICE = 'harbor-registry';
export const TOKEN_SECONDS = 1800;

/** The actions that a token grants on one repository. */
export interface TokenAccess {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

interface Pair {
  readonly key: KeyObject;
  readonly publicKey: KeyObject;
  /** The certificate in the form that `x5c` requires. */
  readonly chain: string;
}

/** The key that signs tokens, and the certificate that the backing registry trusts. Created on first use. */
export class Keys {
  readonly #folder: string;
  #pair: Promise<Pair> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  get certificateFile(): string {
    return join(this.#folder, 'token-cert.pem');
  }

  /** Creates the key and the certificate if they do not exist. */
  ready(): Promise<Pair> {
    this.#pair ??= this.#load();
    return this.#pair;
  }

  async sign(subject: string, access: readonly TokenAccess[]): Promise<string> {
    const { key, chain } = await this.ready();
    // The registry checks tokens against its own clock, so the clock skew does not apply here.
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({ access })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', x5c: [chain] })
      .setIssuer(TOKEN_ISSUER)
      .setSubject(subject)
      .setAudience(TOKEN_SERVICE)
      .setIssuedAt(now)
      .setNotBefore(now)
      .setExpirationTime(now + TOKEN_SECONDS)
      .setJti(randomBytes(12).toString('base64url'))
      .sign(key);
  }

  /** The access that a token grants, or undefined when it is invalid or expired. */
  async verify(token: string): Promise<readonly TokenAccess[] | undefined> {
    try {
      const { publicKey } = await this.ready();
      const { payload } = await jwtVerify<{ access?: readonly TokenAccess[] }>(token, publicKey, {
        issuer: TOKEN_ISSUER,
        audience: TOKEN_SERVICE,
      });
      return payload.access ?? [];
    } catch {
      return undefined;
    }
  }

  async #load(): Promise<Pair> {
    const keyFile = join(this.#folder, 'token-key.pem');
    if (!existsSync(keyFile)) {
      const line = `req -x509 -newkey rsa:2048 -sha256 -nodes -days 3650 -subj /CN=${TOKEN_ISSUER} -keyout token-key.pem.new -out token-cert.pem`;
      await promisify(execFile)('openssl', line.split(' '), { cwd: this.#folder });
      renameSync(`${keyFile}.new`, keyFile);
    }
    const certificate = new X509Certificate(readFileSync(this.certificateFile));
    const key = createPrivateKey(readFileSync(keyFile));
    return { key, publicKey: certificate.publicKey, chain: certificate.raw.toString('base64') };
  }
}
