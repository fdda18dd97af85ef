// Turns the several hundred modules that the command line is made of, ours and its libraries', into a few files: docs/adr/0008.
import { renameSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));

await build({
  entryPoints: [path('dist/cli/main.js')],
  outdir: path('dist/bundle'),
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  // Large, loaded by few commands, and CommonJS, whose names a bundled import() would not find.
  external: ['undici'],
  // Libraries in CommonJS ask for Node's own modules with require.
  banner: {
    js: "import { createRequire as nodeRequire } from 'node:module';\nconst require = nodeRequire(import.meta.url);",
  },
  legalComments: 'linked',
  logLevel: 'warning',
});
rmSync(path('dist/cli'), { recursive: true });
renameSync(path('dist/bundle'), path('dist/cli'));
