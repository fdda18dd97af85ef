import type { BuildPlan } from '../../src/buildx/plan.ts';

/** A small plan for tests. */
export function samplePlan(parts: Partial<BuildPlan> = {}): BuildPlan {
  return {
    package: 'demo',
    dockerfile: '/project/axion.dockerfile',
    context: '/project',
    images: [
      { target: 'api', service: 'api', reference: 'registry.example.com/axion/api-demo:1', args: { VERSION: '1' } },
    ],
    baseImages: [],
    selection: 'image.services names them',
    excludedStages: [],
    platforms: [],
    secrets: [],
    excluded: [],
    noCache: false,
    pull: false,
    pinned: {},
    stages: [
      {
        index: 0,
        name: 'builder',
        steps: [
          { keyword: 'FROM', line: 1, text: 'FROM scratch' },
          { keyword: 'RUN', line: 3, text: 'RUN make', ordinal: 1 },
        ],
      },
      {
        index: 1,
        name: 'api',
        steps: [
          { keyword: 'FROM', line: 5, text: 'FROM python:3.12', ordinal: 1 },
          { keyword: 'ENV', line: 6, text: 'ENV A=1' },
          { keyword: 'COPY', line: 7, text: 'COPY . .', ordinal: 2 },
          { keyword: 'RUN', line: 9, text: 'RUN pip install .', ordinal: 3 },
        ],
      },
    ],
    features: [],
    warnings: [],
    remarks: [],
    ...parts,
  };
}
