import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { commandLines, parseCommandLine } from '../command-lines.fixture.ts';

const RECIPES = ['github-actions.yml', 'gitlab-ci.yml'] as const;

async function recipe(name: (typeof RECIPES)[number]): Promise<{ readonly text: string; readonly yaml: unknown }> {
  const text = await readFile(new URL(`../../../examples/ci/${name}`, import.meta.url), 'utf8');
  return { text, yaml: parse(text, { strict: true, uniqueKeys: true, version: '1.2' }) };
}

interface GithubJob {
  readonly concurrency: unknown;
  readonly steps: readonly { uses?: string; if?: string; run?: string; with?: Record<string, string> }[];
}

describe.each(RECIPES)('examples/ci/%s', (name) => {
  it('runs commands that there are, with flags that they take', async () => {
    const { yaml } = await recipe(name);
    const commands = commandLines(yaml).map((line) => parseCommandLine(line).spec.name);
    expect(new Set(commands)).toEqual(new Set(['config check', 'build', 'pipeline', 'audit']));
  });

  it('contains no secret, and passes one only to jobs that run merged code', async () => {
    const { text, yaml } = await recipe(name);
    expect(text.replace(/#.*$/gm, '')).not.toMatch(/password:\s*(?!\$\{\{ secrets\.)\S/i);
    const jobs = JSON.parse(JSON.stringify(yaml));
    expect(JSON.stringify((jobs.jobs ?? jobs).build)).not.toContain('HARBOR_PASSWORD');
  });
});

it('the recipe for GitHub runs one release at a time, keeps the reports of a failed one, and uploads no findings without a verdict', async () => {
  const { yaml } = await recipe('github-actions.yml');
  const { release } = (yaml as { jobs: { release: GithubJob } }).jobs;
  expect(release.concurrency).toEqual({ group: 'release-homechoice', 'cancel-in-progress': false });
  const step = (uses: string) => release.steps.find((candidate) => candidate.uses?.startsWith(uses));
  expect(step('actions/upload-artifact@')).toMatchObject({ if: 'always()', with: { path: 'reports' } });
  expect(step('github/codeql-action/upload-sarif@')).toMatchObject({
    if: expect.stringContaining("== 'rejected'"),
    with: { sarif_file: 'reports/results.sarif' },
  });
  // What an outsider can name must not be part of a script.
  for (const { run } of release.steps) expect(run ?? '').not.toContain('${{');
});

it('the recipe for GitLab runs one release at a time, and keeps the reports of a failed one', async () => {
  const { yaml } = await recipe('gitlab-ci.yml');
  expect(yaml).toMatchObject({
    release: {
      resource_group: 'release-homechoice',
      artifacts: { when: 'always', paths: ['reports'], reports: { junit: 'reports/junit.xml' } },
    },
  });
});
