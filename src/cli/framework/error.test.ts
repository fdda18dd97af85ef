import { createColors } from 'picocolors';
import { expect, test } from 'vitest';
import { ObjDockerError } from '../../errors.ts';
import { renderError } from './error.ts';

const render = (details: Readonly<Record<string, unknown>>) =>
  renderError(
    new ObjDockerError('REGISTRY_ERROR', 'HTTP 500', { hint: 'Look at its log for the request id.', details }),
    createColors(false),
  );

test('says the number under which a registry has the request in its log', () => {
  expect(render({ status: 500, requestId: '8b43a50d-643e' })).toBe(
    'objdocker: HTTP 500\n  request id: 8b43a50d-643e\nhint: Look at its log for the request id.',
  );
});

test('shows what a server wrote there, and obeys none of it', () => {
  expect(render({ requestId: 'a\u001b[2J' })).toContain('request id: a\\e[2J');
});

test('says nothing of a request that had none', () => {
  expect(render({ status: 500 })).toBe('objdocker: HTTP 500\nhint: Look at its log for the request id.');
});
