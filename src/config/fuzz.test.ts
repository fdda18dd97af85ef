import fc from 'fast-check';
import { describe, it } from 'vitest';
import { stringify } from 'yaml';
import { minimal, readConfig } from '../../test/harness/config-text.ts';
import { type ErrorCode, isObjDockerError } from '../errors.ts';
import { imageName } from './image-name.ts';
import { formatIssue } from './validation/issues.ts';

const BAD_INPUT: readonly ErrorCode[] = [
  'CONFIG_INVALID',
  'PACKAGE_UNKNOWN',
  'PACKAGE_AMBIGUOUS',
  'VARIABLE_UNSET',
  'REFERENCE_INVALID',
];
const ENV = { A: 'a', PORT: '5000', URL: 'https://u:p@h', EMPTY: '' };

/** Does all that can be done with a text; only errors that mean bad input may come out. */
function exercise(text: string): void {
  tolerate(() => {
    const config = readConfig(text, { env: ENV });
    for (const issue of [...config.check(), ...config.warnings]) formatIssue(issue);
    for (const name of [undefined, ...config.packages, '__proto__', 'constructor']) {
      tolerate(() => {
        const pkg = config.selectPackage(name);
        JSON.stringify(config.show(name));
        tolerate(() => pkg.excludedFiles);
        tolerate(() => imageName(pkg, 'api'));
        tolerate(() => imageName(pkg, undefined));
      });
    }
  });
}

function tolerate(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (!isObjDockerError(error) || !BAD_INPUT.includes(error.code)) throw error;
  }
}

const hostileKeys = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '',
  '<<',
  'a.b',
  '-x',
  '${A}',
  '*',
  '1',
  'null',
];
const keys =
  'active docker registryhost registryport shop deployment registry type host port project username password passwordFile ca insecureSkipVerify auto_scan auto_sbom mirrors endpoint rewrite pull image repository tag baseImage baseRuntimeImage dockerfile context services platforms buildArgs secrets env file version builder cache cacheFrom cacheTo rebuildFor baseUnreachable compile include exclude jobs directives scan failOn ignoreUnfixed ignoreStatus unknown requirePackages onUnchanged allow id reason until timeout k3s output'.split(
    ' ',
  );
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom(
    '',
    'harbor',
    'a.b:5000',
    '${A}',
    '${NONE}',
    '$${',
    '${',
    '${PORT}',
    '${URL}',
    '${EMPTY}',
    '$(id)',
    '../..',
    '-x',
    '\0',
    '\n',
    'https://a.b',
    '[::1]:1',
  ),
);
const scalar = fc.oneof(text, fc.integer(), fc.double(), fc.boolean(), fc.constant(null));
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    scalar,
    fc.array(tie('tree'), { maxLength: 3 }),
    fc
      .array(fc.tuple(fc.oneof(fc.constantFrom(...keys), fc.constantFrom(...hostileKeys), text), tie('tree')), {
        maxLength: 5,
      })
      .map((entries) => new Map(entries)),
  ),
}));

describe('a config.yaml results in a package or a documented error, whatever its content:', () => {
  it('any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), exercise), { numRuns: 500 });
  });

  it('any text of YAML syntax characters', () => {
    const piece = fc.constantFrom(
      ...'\n \t:-?,[]{}#&*!|>\'"%@`~ab1',
      '\n  ',
      ': ',
      '- ',
      '<<: ',
      '&a ',
      '*a',
      '---\n',
      '!!binary ',
      ...keys.map((key) => `${key}: `),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join('')),
        exercise,
      ),
      { numRuns: 1_000 },
    );
  });

  it('any value under any key', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...keys, ...hostileKeys),
        fc.constantFrom('registry', 'image', 'scan', 'compile', 'k3s', 'deployment', 'top'),
        tree,
        (key, place, value) => {
          const base: Record<string, Record<string, unknown>> = {
            registry: { type: 'harbor', host: 'a.b', project: 'p' },
            image: { repository: 'r', tag: 't', dockerfile: 'd' },
            scan: {},
            compile: {},
            k3s: {},
          };
          const deployment = new Map<string, unknown>(
            Object.entries(base).map(([name, section]) => [
              name,
              place === name ? new Map([...Object.entries(section), [key, value]]) : section,
            ]),
          );
          if (place === 'deployment') deployment.set(key, value);
          const top = new Map<string, unknown>([['shop', { deployment }]]);
          if (place === 'top') top.set(key, value);
          exercise(stringify(top));
        },
      ),
      { numRuns: 600 },
    );
  });

  it('any tree at all', () => {
    fc.assert(
      fc.property(tree, (value) =>
        exercise(
          stringify(
            new Map([
              ['shop', new Map([['deployment', value]])],
              ['docker', value],
            ]),
          ),
        ),
      ),
      { numRuns: 500 },
    );
  });

  it('a valid file, cut or with a part replaced', () => {
    const whole = minimal({
      top: 'docker:\n  registryhost: r.example.com',
      registry:
        '      username: admin\n      password: "hunter2"\n      mirrors: { "a.b": { endpoint: ["https://a.b"] } }',
      image: '      buildArgs: { A: 1 }\n      secrets: { pip: { env: PIP } }',
    });
    const position = fc.integer({ min: 0, max: whole.length });
    fc.assert(
      fc.property(
        position,
        position,
        fc.oneof(text, fc.constantFrom('\t', '"', '{', '[', '*a', '&a', ': ')),
        (a, b, piece) => {
          exercise(whole.slice(0, Math.min(a, b)) + piece + whole.slice(Math.max(a, b)));
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each([
    ['a text of a megabyte', () => minimal({ image: `      baseImage: ${'x'.repeat(1_000_000)}` })],
    ['a key of a megabyte', () => minimal({ image: `      ? ${'x'.repeat(1_000_000)}\n      : 1` })],
    ['a hundred thousand brackets', () => '['.repeat(100_000)],
    ['a hundred thousand braces in a package', () => minimal({ registry: `      ca: ${'{a: '.repeat(100_000)}` })],
    ['a hundred levels that close', () => minimal({ registry: `      ca: ${'['.repeat(100)}${']'.repeat(100)}` })],
    ['ten thousand lines of nothing', () => '\n'.repeat(10_000)],
    [
      'thirty thousand keys',
      () =>
        minimal({
          image: `      buildArgs:\n${Array.from({ length: 30_000 }, (_, i) => `        A${i}: 1`).join('\n')}`,
        }),
    ],
    ['aliases that multiply', () => aliasBomb()],
    ['an alias of itself', () => minimal({ image: '      buildArgs: &a { A: *a }' })],
    ['a merge of itself', () => minimal({ image: '      buildArgs: &a { <<: *a }' })],
    ['deep indentation', () => Array.from({ length: 2_000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
  ])('%s', (_name, make) => exercise(make()), 20_000);
});

function aliasBomb(): string {
  const levels = Array.from(
    { length: 12 },
    (_, i) =>
      `a${i}: &a${i} [${Array(10)
        .fill(i === 0 ? 'x' : `*a${i - 1}`)
        .join(', ')}]`,
  );
  return `${levels.join('\n')}\n${minimal({ image: '      platforms: *a11' })}`;
}
