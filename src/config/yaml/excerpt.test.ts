import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { issuesIn, minimal } from '../../../test/harness/config-text.ts';
import { formatIssue } from '../validation/issues.ts';

const SECRET = 'hunter2';
const inRegistry = (...lines: string[]) => minimal({ registry: lines.map((line) => `      ${line}`).join('\n') });

describe('no issue shows a secret', () => {
  it.each([
    ['of another type', inRegistry('password: [hunter2]')],
    ['next to an error', inRegistry('pull: { username: "a:b", password: hunter2, port: x }')],
    ['before what is wrong', inRegistry('pull: { password: "hunter2", username: "a:b" }')],
    ['under a misspelled key next to an error', inRegistry('pull: { pasword: hunter2, username: "a:b" }')],
    ['in single quotes with a quote', inRegistry("pull: { password: 'hun''hunter2', username: 'a:b' }")],
    ['over several lines', inRegistry('username: "a:b"', 'password: "hun', '  hunter2" # password', 'port: x')],
    ['in a block', inRegistry('password: |', '  hunter2', 'port: x')],
    ['behind an anchor', `x: &pw hunter2\n${inRegistry('username: "a:b"', 'password: *pw')}`],
    ['with a bad template', inRegistry('username: a', 'password: "hunter2${"')],
    ['in an endpoint', inRegistry('mirrors: { a.b: { endpoint: "https://u:hunter2@a b" } }')],
    ['in an endpoint that is no URL', inRegistry('mirrors: { a.b: { endpoint: "ftp://u:hunter2@a.b" } }')],
    ['in a host', minimal().replace('registry.example.com', 'https://u:hunter2@a.b/c')],
    ['in a build-arg', minimal({ image: '      buildArgs: { INDEX: "https://u:hunter2@a.b" }' })],
    ['in a comment', inRegistry('port: x # password: hunter2')],
    ['in a part of another tool', `other: { db_password: hunter2 }; docker: 5\n${minimal()}`],
    ['with an open quote', inRegistry('password: "hunter2')],
    ['with an open quote and more lines', inRegistry('password: "', '  hunter2', '  hunter2')],
    ['with a tab', inRegistry('password: |', '\thunter2')],
    ['with bad indentation', inRegistry('password:', '     hunter2', ' hunter2')],
    ['that starts with @', inRegistry('password: @hunter2')],
    ['that starts with `', inRegistry('password: `hunter2')],
    ['that starts with %', inRegistry('password: %hunter2')],
    ['that starts with *', inRegistry('password: *hunter2')],
    ['that contains ": "', inRegistry('password: a: hunter2')],
    ['that ends in a bracket', inRegistry('pull: { password: hunter2] }')],
    ['that has a bad escape', inRegistry('password: "hunter2\\q"')],
    ['as the whole file', SECRET],
    ['behind a user name', inRegistry('username: admin:hunter2')],
    ['before a host', minimal().replace('registry.example.com', 'admin:hunter2@registry.example.com')],
    ['before an image', minimal({ image: '      baseImage: "ci:hunter2@a.b/c"' })],
    ['with a spoilt quote above it', `"${inRegistry('password: "a', '  hunter2port: x', '" port: x')}`],
    [
      'with a spoilt key',
      inRegistry('username: a', '!password: "a', '  hunter2"   port: x').replace('      !', '     !'),
    ],
    ['behind a key that is a tag', inRegistry('username: a', '!password: hunter2port: x')],
    ['behind a key that is an anchor', inRegistry('username: a', '&apassword: hunter2port: x')],
    ['behind one in a flow mapping', inRegistry('pull: {&apassword: hunter2 username: x}')],
    ['written twice', inRegistry('password: x', 'password: hunter2')],
  ])('%s', (_name, text) => {
    const issues = issuesIn(text);
    expect(issues.length).toBeGreaterThan(0);
    expect(issues.map((issue) => formatIssue(issue)).join('\n')).not.toContain(SECRET);
    expect(JSON.stringify(issues)).not.toContain(SECRET);
  });
});

interface Spoil {
  readonly at: number;
  readonly cut: number;
  readonly piece: string;
}

/** Text with stretches cut out and pieces put in, at places given as parts of its length. */
function spoil(text: string, spoils: readonly Spoil[]): string {
  return spoils.reduce((spoilt, { at, cut, piece }) => {
    const place = Math.floor(at * spoilt.length);
    return spoilt.slice(0, place) + piece + spoilt.slice(place + cut);
  }, text);
}

it('no issue shows a secret, wherever the file is damaged', () => {
  const quoted = fc.constantFrom(
    'hunter2',
    '"hunter2"',
    "'hunter2'",
    '|\n        hunter2',
    '>-\n        hunter2',
    '"a\n        hunter2"',
    '&x hunter2',
    '!!str hunter2',
  );
  const pieces = ['', '\t', '\n', '\n   ', '*a', '&a', '---\n', 'port: x\n', ...'"\'{}[]:-!%@#,'];
  const spoils = fc.array(
    fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      cut: fc.nat(3),
      piece: fc.constantFrom(...pieces),
    }),
    { maxLength: 2 },
  );
  fc.assert(
    fc.property(quoted, fc.boolean(), spoils, spoils, (password, inFlow, before, after) => {
      const lines = inFlow
        ? [`pull: { password: ${password.replace(/\n */, ' ')}, username: "a:b" }`]
        : ['username: "a:b"', `password: ${password}`];
      const whole = inRegistry(...lines, 'port: x');
      // The secret's own key and text stay as they are: what is spoilt is the rest.
      const from = whole.indexOf('password:');
      const to = whole.indexOf(SECRET) + SECRET.length;
      const text = spoil(whole.slice(0, from), before) + whole.slice(from, to) + spoil(whole.slice(to), after);
      expect(JSON.stringify(issuesIn(text))).not.toContain(SECRET);
    }),
    { numRuns: 1_000 },
  );
});

describe('an excerpt', () => {
  it('shows text that is not secret', () => {
    const [issue] = issuesIn(inRegistry('pull: { username: "a:b", passwordFile: x, password: y }'));
    expect(issue?.excerpt).toBe('      pull: { username: ***, passwordFile: x, password: ***');
  });

  it('of a long line is cut around the position', () => {
    const [issue] = issuesIn(
      `shop: { deployment: { image: { baseImage: "${'x'.repeat(5_000)}", tag: "a+b", repository: r, dockerfile: d }, registry: { type: x, host: a.b, ca: "${'y'.repeat(5_000)}" } } }`,
    ).filter(({ path }) => path.endsWith('tag'));
    expect(issue?.excerpt.length).toBeLessThan(200);
    expect(issue?.excerpt).toContain('"a+b"');
  });

  it('escapes control characters, and omits the carriage return', () => {
    const [issue] = issuesIn(minimal().replace('tag: "1"', 'tag: "1\u0007"').replaceAll('\n', '\r\n'));
    expect(issue).toMatchObject({ line: 9, column: 12, excerpt: '      tag: "1\\x07"' });
  });
});
