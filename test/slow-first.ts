import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The files that take longest, so that none of them runs alone at the end. Vitest would start them by their size. */
const SLOW = [
  'test/quickstart.test.ts',
  'test/pipeline/kill.test.ts',
  'test/pipeline/faults.test.ts',
  'test/cli/harbor/commands.test.ts',
  'test/example/images.test.ts',
  'test/pipeline/outcomes.test.ts',
  'test/cli/gate.test.ts',
  'test/pipeline/harbor-killed.test.ts',
  'test/oracle/fuzz.test.ts',
  'test/docker/exec-load.test.ts',
  'test/contract/docker.test.ts',
  'test/contract/mutations.test.ts',
  'test/pipeline/rejections.test.ts',
  'test/docs.test.ts',
  'test/pipeline/changes/changes.test.ts',
  'test/build/inputs/inputs.test.ts',
  'test/pipeline/run.test.ts',
  'test/pipeline/concurrent-runs.test.ts',
  'test/build/bake.test.ts',
  'test/example/rebuild.test.ts',
  'test/example/compile.test.ts',
];

export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const index = SLOW.findIndex((name) => moduleId.endsWith(`/${name}`));
      return index < 0 ? SLOW.length : index;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}
