import { describe, expect, it } from 'vitest';
import { differences, readCases, withoutMessages } from '../../test/oracle/cases.ts';
import { factsOf } from '../../test/oracle/facts.ts';
import { isObjDockerError } from '../errors.ts';
import { readDockerfile } from './read-dockerfile.ts';

const cases = readCases();

describe('each Dockerfile is read as BuildKit reads it', () => {
  it('has all cases', () => expect(cases.length).toBeGreaterThanOrEqual(213));

  it.each(cases.map((each) => [each.name, each] as const))('%s', (_name, { dockerfile, buildArgs, facts }) => {
    expect(differences(withoutMessages(facts), factsOf(dockerfile, buildArgs))).toEqual([]);
  });
});

const SENTENCE = /^[A-Z].*[.:…]$/s;

describe('each Dockerfile has a graph, or an error with file, line and what to do', () => {
  it.each(cases.map((each) => [each.name, each] as const))('%s', (name, { dockerfile, buildArgs }) => {
    try {
      const { stages } = readDockerfile(dockerfile, `${name}.Dockerfile`, {
        buildArgs: (arg) => buildArgs[arg],
        platforms: ['linux/amd64'],
      });
      for (const { problem } of stages) if (problem !== undefined) expect(problem.hint).toMatch(SENTENCE);
    } catch (error) {
      if (!isObjDockerError(error)) throw error;
      expect(error.code).toBe('DOCKERFILE_INVALID');
      expect(error.message).toMatch(/\.Dockerfile:[1-9]\d*: /);
      expect(error.hint).toMatch(SENTENCE);
    }
  });
});
