// Makes dist: everything compiled by tsc, then the several hundred modules that the command line is made of, ours and its
// libraries', bundled into a few files (docs/adr/0008). It is made in a folder of its own and put in place at the end, so that a
// command that runs meanwhile finds its files, and two builds at once do no harm.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { writeReportPage } from './write-report-page.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(root, 'dist.build-'));
try {
  const next = join(folder, 'dist');
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '--project', join(root, 'tsconfig.build.json'), '--outDir', next], {
    stdio: 'inherit',
  });
  refuseTypeScriptImports(next);
  await build({
    entryPoints: [join(next, 'cli/main.js')],
    outdir: join(next, 'bundle'),
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    // Libraries in CommonJS ask for Node's own modules with require.
    banner: {
      js: "import { createRequire as nodeRequire } from 'node:module';\nconst require = nodeRequire(import.meta.url);",
    },
    legalComments: 'linked',
    logLevel: 'warning',
  });
  await bundleReader(next);
  rmSync(join(next, 'cli'), { recursive: true });
  renameSync(join(next, 'bundle'), join(next, 'cli'));
  await writeReportPage(join(root, 'src/report/html'), join(next, 'report/html'), join(next, 'cli'));
  putInPlace(next);
} catch (error) {
  // tsc has said what is wrong.
  if (!(error instanceof Error && 'status' in error)) throw error;
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** objdocker/dockerfile in one file, which loads in a third of the time. Its errors are those of the other entry points. */
async function bundleReader(next) {
  const file = join(next, 'dockerfile/dockerfile.js');
  await build({
    entryPoints: [file],
    outfile: file,
    allowOverwrite: true,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    external: [join(next, 'errors.js')],
    legalComments: 'linked',
    logLevel: 'warning',
  });
}

/** tsc 5.9 leaves `import('./x.ts')` as it is in a function that has `await using`: such a module would not be found. */
function refuseTypeScriptImports(next) {
  for (const name of readdirSync(next, { recursive: true })) {
    if (!name.endsWith('.js')) continue;
    const [left] = /\b(?:import|from)\b[ (]*['"]\.[^'"]*\.ts['"]/.exec(readFileSync(join(next, name), 'utf8')) ?? [];
    if (left !== undefined) throw new Error(`${name} imports TypeScript: ${left}. Import it outside the function.`);
  }
}

function putInPlace(next) {
  const dist = join(root, 'dist');
  for (let attempt = 0; ; attempt++) {
    try {
      renameSync(dist, join(folder, `old-${attempt}`));
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
    try {
      return renameSync(next, dist);
    } catch (error) {
      // Another build has put its own there in between.
      if (error.code !== 'ENOTEMPTY' || attempt === 9) throw error;
    }
  }
}
