import { describe, expect, it } from 'vitest';
import { FRONTEND_EXAMPLES } from '../../../test/build/frontend-examples.ts';
import { readDockerfile } from '../read-dockerfile.ts';
import { CONSTRUCTS, FLAGS } from './feature.ts';
import { frontendOf, isForeign } from './frontend.ts';
import { variableForms } from './variable-forms.ts';

describe('findFeatures', () => {
  it.each(FRONTEND_EXAMPLES)('finds $text', ({ text, lines, since, labs, ignoredBefore }) => {
    const { features } = readDockerfile(`FROM scratch\n${lines}\n`, 'Dockerfile');
    const found = features.find((feature) => feature.text === text);
    expect(found).toMatchObject({ since, line: lines.includes('ARG A\n') || /^ARG A=\w+\n/.test(lines) ? 3 : 2 });
    expect(found?.labs).toBe(labs);
    expect(found?.ignoredBefore).toBe(ignoredBefore);
    expect(found === undefined || features.indexOf(found)).toBe(features.length - 1);
  });

  it('has an example of every row', () => {
    const flags = Object.entries(FLAGS).flatMap(([keyword, names]) =>
      Object.keys(names).map((name) => `${keyword} --${name}`),
    );
    const texts = FRONTEND_EXAMPLES.map(({ text }) => text);
    expect(flags.filter((flag) => !texts.includes(flag))).toEqual([]);
    const constructs = FRONTEND_EXAMPLES.flatMap(({ construct }) => construct ?? []);
    // "# check=" is no line of a stage; it has a test of its own.
    expect(new Set([...constructs, 'checks'])).toEqual(new Set(Object.keys(CONSTRUCTS)));
  });

  it('finds "# check=" and a platform with a variable', () => {
    const { features } = readDockerfile('# check=skip=all\nFROM --platform=$BUILDPLATFORM scratch\n', 'Dockerfile');
    expect(features).toEqual([
      { text: '"# check="', line: 1, legacy: true, since: '1.8', ignoredBefore: '1.8' },
      { text: 'FROM --platform=$BUILDPLATFORM', line: 2, legacy: false },
    ]);
  });

  it('names the stage of what a frontend refuses only when it builds the stage', () => {
    const text = 'ARG Z=${Y#a}\nFROM scratch AS a\nENV A=${B#c}\nFROM scratch AS b\nENV A=${B#c}\nENV A=${B#c}\n';
    const { features } = readDockerfile(text, 'Dockerfile');
    expect(features.map((feature) => [feature.text, feature.line, feature.stage])).toEqual([
      ['${Y#…}', 1, undefined],
      ['${B#…}', 3, 0],
      ['${B#…}', 5, 1],
    ]);
  });

  it.each([
    'RUN echo ${A#b} ${A-c}',
    "ENV A='${A#b}'",
    'ENV A=\\${A#b}',
    'CMD echo ${A%%b}',
    'ENV A=${A:-b} B=$A#b C=${A}',
    'COPY --chmod=0644 --chown=1:1 a /',
    'ADD https://example.com/a.git /',
  ])('finds no form in %s', (line) => {
    const { features } = readDockerfile(`FROM scratch\n${line}\n`, 'Dockerfile');
    expect(features.filter(({ text }) => !text.includes('--'))).toEqual([]);
  });
});

it('reads quotes in the body of a heredoc as text', () => {
  expect(variableForms("'${A#b}'", '`', true)).toEqual([{ text: '${A#…}', operator: '#' }]);
  expect(variableForms('"\'${A/b/c}\'"', '\\')).toEqual([{ text: '${A/…}', operator: '/' }]);
  expect(variableForms('`${A#b}', '`')).toEqual([]);
});

describe('frontendOf', () => {
  it.each([
    ['docker/dockerfile:1.4', { version: '1.4', labs: false }],
    ['docker.io/docker/dockerfile:1.4.3', { version: '1.4.3', labs: false }],
    ['registry.example.com/mirror/docker/dockerfile:1.7-labs', { version: '1.7', labs: true }],
    ['docker/dockerfile:1.1-experimental', { version: '1.1', labs: true }],
    ['docker/dockerfile', { version: 'newest', labs: false }],
    ['docker/dockerfile:1', { version: 'newest', labs: false }],
    ['docker/dockerfile:labs', { version: 'newest', labs: true }],
    ['docker/dockerfile:1-labs', { version: 'newest', labs: true }],
    ['docker/dockerfile-upstream:master', { version: 'newest', labs: false }],
    [`docker/dockerfile:1.4@sha256:${'0'.repeat(64)}`, undefined],
    ['docker/dockerfile:mine', undefined],
    ['example.com/frontend:1.4', undefined],
  ])('reads %s', (image, frontend) => {
    expect(frontendOf(image)).toEqual(frontend);
  });

  it('knows the frontends that are not of Docker', () => {
    expect(['docker/dockerfile:1', 'x/docker/dockerfile@sha256:0'].map(isForeign)).toEqual([false, false]);
    expect(['docker/dockerfiles:1', 'team/frontend', 'docker/dockerfile/x'].map(isForeign)).toEqual([true, true, true]);
  });
});
