import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { pushFailure } from './failure.ts';

/** The last line of what `docker push` printed against a real Harbor. */
function recorded(name: string): string {
  const text = readFileSync(new URL(`../../../test/fixtures/push/${name}.txt`, import.meta.url), 'utf8');
  return text.trim().split('\n').at(-1) ?? '';
}

const HOST = 'registry.example.com:5000';
const explain = (message: string) => pushFailure(message, `${HOST}/axion/api:1.0`, HOST);

describe('pushFailure, with output of docker push against Harbor', () => {
  it.each([
    ['project-missing', 'REGISTRY_PROJECT_MISSING', 'project nope not found', 'Create the project'],
    ['no-permission', 'REGISTRY_FORBIDDEN', 'load/app-0001', 'developer'],
    ['over-quota', 'REGISTRY_QUOTA', '1.0 KiB', 'quota'],
    ['read-only', 'REGISTRY_ERROR', 'read only mode', 'read-only'],
    ['core-down', 'REGISTRY_UNREACHABLE', '502 Bad Gateway', `objdocker registry ${HOST}`],
  ])('%s is %s', (name, code, text, hint) => {
    const error = explain(recorded(name));
    expect(error.code).toBe(code);
    expect(error.message).toContain(text);
    expect(error.message).toContain(`${HOST}/axion/api:1.0`);
    expect(error.hint).toContain(hint);
  });

  it('removes the query of an upload URL', () => {
    const { message } = explain('copy: Put "https://s3.example.com/b/uploads/1?X-Amz-Signature=5ig&p=1": broken pipe');
    expect(message).toContain('Put "https://s3.example.com/b/uploads/1": broken pipe');
  });

  it('removes the repetitions in texts of Harbor', () => {
    expect(explain(recorded('project-missing')).message.match(/project nope not found/g)).toHaveLength(1);
    expect(explain(recorded('no-permission')).message.match(/load\/app-0001/g)).toHaveLength(1);
  });
});

describe('pushFailure, with texts of Engine 20.10 and 26', () => {
  it.each([
    ['An image does not exist locally with the tag: x', 'IMAGE_NOT_BUILT'],
    ['tag does not exist: x:nope', 'IMAGE_NOT_BUILT'],
    ['no basic auth credentials', 'REGISTRY_UNAUTHORIZED'],
    [
      'push access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials',
      'REGISTRY_UNAUTHORIZED',
    ],
    ['unauthorized: authentication required', 'REGISTRY_UNAUTHORIZED'],
    [
      'push access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed',
      'REGISTRY_FORBIDDEN',
    ],
    ['denied: requested access to the resource is denied', 'REGISTRY_FORBIDDEN'],
    ['Get "https://h/v2/": http: server gave HTTP response to HTTPS client', 'REGISTRY_WRONG_SCHEME'],
    ['Client sent an HTTP request to an HTTPS server.', 'REGISTRY_WRONG_SCHEME'],
    ['Get "https://h/v2/": x509: certificate signed by unknown authority', 'REGISTRY_CERTIFICATE'],
    ['tls: failed to verify certificate: x509: certificate has expired or is not yet valid', 'REGISTRY_CERTIFICATE'],
    ["x509: cannot validate certificate for 10.0.0.1 because it doesn't contain any IP SANs", 'REGISTRY_CERTIFICATE'],
    ['dial tcp 127.0.0.1:5999: connect: connection refused', 'REGISTRY_UNREACHABLE'],
    ['dial tcp: lookup no-such.invalid on 10.0.0.53:53: no such host', 'REGISTRY_UNREACHABLE'],
    ["Failed to process request due to 'python:3.11' configured as immutable.", 'REGISTRY_ERROR'],
    ['an unknown text', 'PUSH_FAILED'],
  ])('maps "%s" to %s', (message, code) => {
    const error = explain(message);
    expect(error.code).toBe(code);
    expect(error.hint).toBeTruthy();
  });

  it('hints at the exact line for daemon.json and the exact file for a CA', () => {
    expect(explain('http: server gave HTTP response to HTTPS client').hint).toContain(
      `{ "insecure-registries": ["${HOST}"] }`,
    );
    expect(explain('x509: certificate signed by unknown authority').hint).toContain(
      `/etc/docker/certs.d/${HOST}/ca.crt`,
    );
  });
});
