// ask.mjs URL [JSON]: one request (a POST when there is a body), and its response in one line. A minimal machine has no curl.
const [url, body] = process.argv.slice(2);

const response = await fetch(url, {
  signal: AbortSignal.timeout(10_000),
  ...(body === undefined ? {} : { method: 'POST', body, headers: { 'content-type': 'application/json' } }),
});
const text = (await response.text())
  .replace(/[^\P{C}\n\t]/gu, '?')
  .replace(/\s+/g, ' ')
  .trim();
process.stdout.write(`${response.status} ${text.length > 140 ? `${text.slice(0, 139)}…` : text}\n`);
process.exitCode = response.ok ? 0 : 1;
