// Who may import whom; docs/architecture.md draws it. A module is a folder of src/, or a file directly in it.

/** What each module may import beside itself and ALWAYS. `types:NAME`: its types alone. */
const MAY_IMPORT = {
  errors: [],
  'image-ref': ['lib'],
  lib: [],
  model: ['lib'],
  config: ['lib', 'model'],
  substrate: ['lib', 'model'],
  terminal: ['lib', 'model'],

  // Each knows one outside system or format, and none of the others.
  dockerfile: ['lib', 'model'],
  compile: ['lib', 'types:config'],
  buildx: ['lib', 'model', 'types:config'],
  docker: ['lib', 'model', 'types:config', 'types:substrate'],
  registry: ['lib', 'model'],
  harbor: ['lib', 'model', 'registry'],
  k3s: ['lib', 'model', 'types:config'],
  report: ['lib', 'model'],

  // These combine the modules above, each those before it.
  access: ['lib', 'model', 'config', 'docker', 'registry', 'harbor', 'types:substrate'],
  release: ['lib', 'model', 'config', 'registry', 'types:harbor', 'types:access'],
  build: ['lib', 'model', 'config', 'dockerfile', 'compile', 'buildx', 'docker', 'registry', 'access'],
  preflight: [
    'lib',
    'model',
    'config',
    'dockerfile',
    'buildx',
    'docker',
    'registry',
    'harbor',
    'access',
    'build',
    'types:substrate',
  ],
  'obj-docker': [
    'lib',
    'model',
    'config',
    'buildx',
    'docker',
    'registry',
    'harbor',
    'access',
    'build',
    'preflight',
    'substrate',
  ],
  pipeline: [
    ...['lib', 'model', 'config', 'buildx', 'docker', 'registry', 'harbor', 'k3s'],
    ...['access', 'release', 'build', 'preflight', 'obj-docker', 'types:substrate'],
  ],
  scaffold: ['lib', 'config', 'compile', 'dockerfile'],

  // For those who implement ObjSubstrate: nothing of Docker.
  testing: ['lib', 'model', 'substrate'],
};
const ALWAYS = ['errors', 'image-ref'];

const place = (module) => `^src/${module}(/|\\.ts$)`;

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-circular-folders',
      comment: 'Two modules that import each other are one module, or their shared part is a third.',
      severity: 'error',
      scope: 'folder',
      from: { path: '^src/[^/]+$' },
      to: { circular: true },
    },
    ...Object.entries(MAY_IMPORT).map(([module, allowed]) => ({
      name: `${module}-imports-only-what-it-may`,
      severity: 'error',
      from: { path: place(module) },
      to: {
        path: '^src/',
        pathNot: [module, ...ALWAYS, ...allowed.map((name) => name.replace('types:', ''))].map(place),
      },
    })),
    ...Object.entries(MAY_IMPORT).flatMap(([module, allowed]) =>
      allowed
        .filter((name) => name.startsWith('types:'))
        .map((name) => ({
          name: `${module}-imports-only-types-of-${name.slice('types:'.length)}`,
          severity: 'error',
          from: { path: place(module) },
          to: { path: place(name.slice('types:'.length)), dependencyTypesNot: ['type-only'] },
        })),
    ),
    {
      name: 'schemas-only-where-they-are-printed',
      comment: 'The shapes of model/ load zod: import their types, and words from model/enums.ts.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: '^src/model/|/json-output\\.ts$|/run-result-schema\\.ts$|^src/release/record-manifest\\.ts$',
      },
      to: {
        path: '^src/model/(common-schemas|harbor|instance|inputs|pipeline-run|plan|release|sbom|scan-report|verdict)\\.ts$',
        dependencyTypesNot: ['type-only'],
      },
    },
    { name: 'nothing-imports-cli', severity: 'error', from: { pathNot: '^src/cli/' }, to: { path: '^src/cli/' } },
    {
      name: 'one-place-for-http-and-processes',
      comment: 'undici, execa and child_process are used in lib only.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/lib/' },
      to: { path: '(^|/)node_modules/(undici|execa)/|^(node:)?child_process$' },
    },
    { name: 'no-orphans', severity: 'error', from: { orphan: true, pathNot: '\\.d\\.ts$' }, to: {} },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Tests and their fixtures import test/harness.
    exclude: { path: '\\.(test|fixture)\\.ts$|/generated/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
