import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isObjDockerError } from '../errors.ts';
import type { Stage } from './graph.ts';
import { readDockerfile } from './read-dockerfile.ts';

const fixture = (name: string) =>
  readFileSync(new URL(`../../test/fixtures/dockerfile/${name}.dockerfile`, import.meta.url), 'utf8');
const read = (name: string, buildArgs: Record<string, string> = {}) =>
  readDockerfile(fixture(name), `${name}.dockerfile`, { buildArgs: (arg) => buildArgs[arg] });
const label = (stage: Stage) => stage.name ?? `#${stage.index}`;
const labels = (stages: readonly Stage[]) => stages.map(label);
function stageOf(graph: ReturnType<typeof readDockerfile>, key: string | number): Stage {
  const stage = graph.find(key);
  if (stage === undefined) throw new Error(`no stage ${key}`);
  return stage;
}

describe('stages and leaves', () => {
  it('reads one named final stage', () => {
    const graph = read('single-named');
    expect(labels(graph.stages)).toEqual(['builder', 'app']);
    expect(labels(graph.leaves)).toEqual(['app']);
    expect(labels(graph.withDependencies(stageOf(graph, 'APP')))).toEqual(['builder', 'app']);
  });

  it('reads one unnamed final stage', () => {
    const graph = read('single-unnamed');
    expect(labels(graph.leaves)).toEqual(['#1']);
    expect(labels(graph.withDependencies(stageOf(graph, 1)))).toEqual(['builder', '#1']);
  });

  it('reads several named leaves, a test leaf among them', () => {
    const graph = read('services');
    expect(labels(graph.leaves)).toEqual(['test', 'api', 'worker']);
    expect(labels(graph.withDependencies(stageOf(graph, 'worker')))).toEqual([
      'builder',
      'compiler',
      'runtime',
      'worker',
    ]);
  });

  it('follows stage numbers in COPY --from', () => {
    const graph = read('numbers');
    expect(labels(stageOf(graph, 'final').dependencies)).toEqual(['#0', '#1']);
    expect(labels(graph.leaves)).toEqual(['final']);
  });

  it('takes names without regard to case, and the last of two alike', () => {
    const graph = readDockerfile('FROM scratch AS A\nFROM a AS b\nFROM scratch AS a\nFROM a AS c\n', 'd');
    expect(stageOf(graph, 'c').dependencies[0]?.index).toBe(2);
    expect(stageOf(graph, 'b').dependencies[0]?.index).toBe(0);
    expect(graph.find('a')?.index).toBe(2);
  });
});

describe('FROM', () => {
  it('fills in arguments, their defaults and what is handed over', () => {
    expect(stageOf(read('services'), 'runtime').from).toMatchObject({
      kind: 'image',
      image: '${BASE_RUNTIME_IMAGE}',
      resolved: 'localhost/bb-slim',
      args: ['BASE_RUNTIME_IMAGE', 'BASE_IMAGE'],
    });
    expect(stageOf(read('services', { BASE_RUNTIME_IMAGE: 'other:1' }), 'runtime').from).toMatchObject({
      resolved: 'other:1',
    });
  });

  it('knows scratch, a platform, and a default that is written in the FROM', () => {
    const graph = read('cross');
    expect(stageOf(graph, 'build')).toMatchObject({ platform: '$BUILDPLATFORM', from: { resolved: 'golang:1.22' } });
    expect(stageOf(graph, 'libs-amd64').from.kind).toBe('scratch');
  });

  it('depends on every stage that a name with TARGETARCH can mean', () => {
    const graph = read('cross');
    expect(labels(stageOf(graph, 'image').dependencies)).toEqual(['libs-amd64', 'libs-arm64', 'build']);
    expect(labels(graph.leaves)).toEqual(['image']);
  });

  it('may name a stage through an argument', () => {
    const text = 'ARG FLAVOUR=one\nFROM scratch AS one\nFROM scratch AS two\nFROM ${FLAVOUR} AS app\n';
    expect(labels(stageOf(readDockerfile(text, 'd'), 'app').dependencies)).toEqual(['one']);
    const other = readDockerfile(text, 'd', { buildArgs: (name) => (name === 'FLAVOUR' ? 'two' : undefined) });
    expect(labels(stageOf(other, 'app').dependencies)).toEqual(['two']);
    expect([...other.argsFor(stageOf(other, 'app'))]).toEqual(['FLAVOUR']);
  });
});

describe('arguments', () => {
  it('gives a target those of its own dependencies, and the globals that its FROM lines use', () => {
    const graph = read('services');
    const args = (name: string) => [...graph.argsFor(stageOf(graph, name))].sort();
    expect(args('worker')).toEqual(['BASE_IMAGE', 'BASE_RUNTIME_IMAGE', 'COMPILE_JOBS', 'PACKAGE']);
    expect(args('api')).toEqual(['BASE_IMAGE', 'BASE_RUNTIME_IMAGE', 'COMPILE_JOBS', 'PACKAGE', 'VERSION']);
    expect(args('test')).toEqual(['BASE_IMAGE', 'COMPILE_JOBS', 'PACKAGE', 'TEST_FILTER']);
    expect(args('runtime')).toEqual(['BASE_IMAGE', 'BASE_RUNTIME_IMAGE']);
  });

  it('shows a global in a stage only where it is declared again, and hands ARGs down through FROM', () => {
    const graph = readDockerfile(
      'ARG G=global\nARG H=hidden\nFROM scratch AS parent\nARG G\nARG OWN=1\nFROM parent AS child\nFROM scratch AS other\nARG OWN\n',
      'd',
    );
    expect([...stageOf(graph, 'parent').visibleArgs]).toEqual([
      ['G', 'global'],
      ['OWN', '1'],
    ]);
    expect([...stageOf(graph, 'child').visibleArgs.keys()]).toEqual(['G', 'OWN']);
    expect([...stageOf(graph, 'child').args]).toEqual([]);
    expect([...stageOf(graph, 'other').visibleArgs]).toEqual([['OWN', undefined]]);
    expect([...graph.declaredArgs].sort()).toEqual(['G', 'H', 'OWN']);
  });

  it('takes several ARGs in one instruction', () => {
    const graph = readDockerfile('FROM scratch\nARG A=1 B="two words" C\n', 'd');
    expect([...stageOf(graph, 0).args]).toEqual([
      ['A', '1'],
      ['B', 'two words'],
      ['C', undefined],
    ]);
  });

  it.each([
    ['ARG A B', { A: undefined, B: undefined }],
    ['ARG A B=2 C', { A: undefined, B: '2', C: undefined }],
    ['ARG A \\\n  B="two words" \\\n  C=$B', { A: undefined, B: 'two words', C: 'two words' }],
  ])('takes an ARG without a value as one of several: %j', (instruction, args) => {
    const graph = readDockerfile(`FROM scratch\n${instruction}\n`, 'd');
    expect(Object.fromEntries(stageOf(graph, 0).args)).toEqual(args);
  });
});

describe('what only looks like an instruction, and what hides one', () => {
  it('does not read the bodies of heredocs', () => {
    const graph = read('heredocs');
    expect(graph.stages.map(({ line }) => line)).toEqual([1, 14]);
    expect([...graph.declaredArgs]).toEqual([]);
    expect(graph.stages.flatMap((stage) => stage.contextSources)).toMatchObject([{ path: 'local.txt', line: 6 }]);
    expect(graph.features).toEqual([{ text: 'a heredoc', line: 2, since: '1.4', labs: '1.3', legacy: false }]);
  });

  it('counts an ONBUILD for the stage that builds on it, and for that one only', () => {
    const graph = read('onbuild');
    expect(labels(stageOf(graph, 'framework').dependencies)).toEqual([]);
    expect([...stageOf(graph, 'framework').args]).toEqual([]);
    expect(labels(stageOf(graph, 'app').dependencies)).toEqual(['framework', 'assets']);
    expect([...stageOf(graph, 'app').args]).toEqual([['FLAVOUR', 'plain']]);
    expect(stageOf(graph, 'app').contextSources).toMatchObject([{ path: 'app.conf', line: 8 }]);
    expect(labels(stageOf(graph, 'derived').dependencies)).toEqual(['app']);
    expect(stageOf(graph, 'derived').contextSources).toMatchObject([{ path: 'more' }]);
  });

  it('reads mounts, over continued lines with a comment between', () => {
    const graph = read('mounts');
    const image = stageOf(graph, 'image');
    expect(labels(image.dependencies)).toEqual(['tools']);
    expect(image.externalImages).toEqual([
      { image: 'docker.io/library/alpine:3', line: 3 },
      { image: 'registry.example.com:5000/team/cert:1', line: 10 },
    ]);
    expect(image.contextSources).toMatchObject([{ path: 'requirements', line: 3, instruction: 'RUN --mount' }]);
    expect(labels(graph.leaves)).toEqual(['image']);
  });

  it('obeys the escape directive, lower case keywords and comments', () => {
    const graph = read('escape');
    expect(labels(graph.stages)).toEqual(['base']);
    expect(stageOf(graph, 'base').contextSources.map(({ written }) => written)).toEqual(['a', 'C:\\dir']);
    expect(stageOf(graph, 'base').steps.map(({ line, ordinal }) => [line, ordinal])).toEqual([
      [4, 1],
      [5, 2],
      [9, 3],
    ]);
  });

  it('reads CRLF and a byte order mark', () => {
    const graph = readDockerfile(`\uFEFF${fixture('crlf')}`, 'd');
    expect(labels(graph.stages)).toEqual(['one', '#1']);
    expect(stageOf(graph, 'one').contextSources.map(({ path }) => path)).toEqual(['a', 'b']);
  });
});

it('lists what is taken from the context, with lines', () => {
  const { contextSources } = stageOf(read('sources'), 0);
  expect(contextSources.map(({ path, line }) => `${line} ${path}`)).toEqual([
    '6 .',
    '7 with space.txt',
    '8 conf/config.yaml',
    '8 default/deep/file',
    '8 escape',
    '8 *.txt',
    '9 rooted',
    '9 z',
    '10 archive.tar',
    '11 owned',
  ]);
});

it('knows the syntax line', () => {
  expect(readDockerfile('# syntax=docker/dockerfile:1\nFROM scratch\n', 'd').syntax).toBe('docker/dockerfile:1');
  expect(readDockerfile('# a comment\n# syntax=docker/dockerfile:1\nFROM scratch\n', 'd').syntax).toBeUndefined();
});

describe('refusals', () => {
  it.each([
    ['', 1, 'is empty'],
    ['# nothing\n', 1, 'no instructions'],
    ['ARG A=1\n', 1, 'no FROM'],
    ['RUN true\nFROM scratch\n', 1, 'before the first FROM'],
    ['FROM scratch\nRUNN true\n', 2, 'did you mean "RUN"'],
    ['FROM\n', 1, 'wrong number of words'],
    ['FROM scratch AS\n', 1, 'wrong number of words'],
    ['FROM scratch AS a b\n', 1, 'wrong number of words'],
    ['FROM scratch IS a\n', 1, 'wrong number of words'],
    ['FROM scratch AS 9lives\n', 1, 'cannot be the name of a stage'],
    ['ARG BASE\nFROM ${BASE}\n', 2, 'is empty'],
    ['FROM ${BASE\n', 1, 'a "}" is missing'],
    ['FROM ${BASE:?missing}\n', 1, 'the variable BASE is not set: missing'],
    ['FROM scratch\nCOPY alone\n', 2, 'a source and a destination'],
    ['FROM scratch\n\nRUN <<EOF\ntrue\n', 3, '<<EOF is not closed'],
    ['FROM scratch\nCOPY --from=3 /a /a\n', 2, '--from=3 names no stage'],
    ['FROM scratch AS me\nCOPY --from=me /a /a\n', 2, 'it needs itself'],
    ['FROM scratch\nARG X=y\nCOPY --from=$X /a /a\n', 3, 'contains a variable'],
    ['FROM scratch\nRUN --mount=from=$X,target=/x true\n', 2, 'has a variable'],
    ['FROM scratch\nONBUILD FROM scratch\n', 2, 'ONBUILD cannot trigger FROM'],
  ])('%j at line %i: %s', (text, line, message) => {
    try {
      readDockerfile(text, 'x/axion.dockerfile');
      expect.unreachable();
    } catch (error) {
      if (!isObjDockerError(error)) throw error;
      expect(error.code).toBe('DOCKERFILE_INVALID');
      expect(error.message).toContain(`x/axion.dockerfile:${line}: `);
      expect(error.message).toContain(message);
    }
  });

  it.each([
    ['[fe80::1]:80:80', undefined],
    ['127.0.0.1:80:80', undefined],
    ['[fe80::1%eth0]:80:80', 'is not a port: the address is not an IP address'],
    ['127.0.0.01:80:80', 'is not a port: the address is not an IP address'],
  ])('takes the address of EXPOSE %s as Go does', (port, message) => {
    const [stage] = readDockerfile(`FROM scratch\nEXPOSE ${port}\n`, 'Dockerfile').stages;
    if (message === undefined) expect(stage?.problem).toBeUndefined();
    else expect(stage?.problem?.message).toContain(message);
  });

  it('has no other way to fail', () => {
    const piece = fc.constantFrom(
      'FROM ',
      'COPY ',
      'RUN ',
      'ARG ',
      'ONBUILD ',
      'ENV ',
      'a',
      ' AS b',
      '\n',
      '\\\n',
      '# escape=`\n',
      '<<EOF',
      '\nEOF\n',
      '$',
      '{',
      '}',
      '--from=',
      '--mount=',
      'type=bind,',
      '"',
      "'",
      '[',
      ']',
      '=',
      ' ',
      '0',
      '\t',
      '\r\n',
      '\u0000',
      '😀',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        try {
          readDockerfile(pieces.join(''), 'd');
        } catch (error) {
          if (!isObjDockerError(error) || error.code !== 'DOCKERFILE_INVALID') throw error;
        }
      }),
      { numRuns: 500 },
    );
  });
});
