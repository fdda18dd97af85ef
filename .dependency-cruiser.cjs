// Who may import whom (docs/architecture.md). A subject is a folder under src/ that knows one outside system or format.
const SUBJECTS = ['dockerfile', 'docker', 'buildx', 'registry', 'harbor', 'compile', 'k3s'];

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'leaves-import-nothing-of-ours',
      severity: 'error',
      from: { path: '^src/(errors|image-ref|instance|scan-report|verdict|pipeline-run)\\.ts$' },
      to: { path: '^src/', pathNot: '^src/(errors|scan-report|verdict)\\.ts$' },
    },
    {
      name: 'lib-imports-errors-only',
      severity: 'error',
      from: { path: '^src/lib/' },
      to: { path: '^src/', pathNot: '^src/(lib/|errors\\.ts$)' },
    },
    {
      name: 'subjects-do-not-know-each-other',
      comment:
        'A subject may use lib, errors, image-ref, instance, scan-report, and the types of config and of the interface that it implements. What combines two subjects lives in substrate, pipeline or report.',
      severity: 'error',
      from: { path: `^src/(${SUBJECTS.join('|')})/` },
      to: {
        path: '^src/',
        pathNot: [
          '^src/$1/',
          '^src/lib/',
          '^src/(errors|image-ref|instance|scan-report|registry-failure)\\.ts$',
          '^src/config/',
          '^src/substrate/obj-substrate\\.ts$',
        ],
      },
    },
    {
      name: 'subjects-use-only-types-of-config-and-interface',
      severity: 'error',
      from: { path: `^src/(${SUBJECTS.join('|')})/` },
      to: { path: '^src/(config|substrate)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'config-stands-alone',
      severity: 'error',
      from: { path: '^src/config/' },
      to: { path: '^src/', pathNot: ['^src/config/', '^src/lib/', '^src/(errors|image-ref)\\.ts$'] },
    },
    { name: 'nothing-imports-cli', severity: 'error', from: { pathNot: '^src/cli/' }, to: { path: '^src/cli/' } },
    {
      name: 'one-place-for-http-and-processes',
      comment: 'undici, execa and child_process are used in lib only.',
      severity: 'error',
      from: { pathNot: '^src/lib/' },
      to: { path: '(^|/)node_modules/(undici|execa)/|^(node:)?child_process$' },
    },
    { name: 'no-orphans', severity: 'error', from: { orphan: true, pathNot: '\\.d\\.ts$' }, to: {} },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '\\.test\\.ts$' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
