// Makes the style and the script of the HTML reports from src/report/html/browser/. They are not committed: `npm run build`,
// `npm ci` and vitest's global setup call this.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const html = join(root, 'src/report/html');

/** The file that each script of a page is written to. */
const SCRIPTS = { 'page.js': 'main.ts', 'overview.js': 'overview.ts' };

/** Writes `page.css` and the scripts to `generated/` in each folder: beside a module that reads them, compiled or bundled. */
export async function writeReportPage(...folders) {
  const style = ['page.css', 'run.css', 'diff.css', 'overview.css']
    .map((name) => readFileSync(join(html, 'browser', name), 'utf8'))
    .join('\n');
  const files = [['page.css', style]];
  for (const [name, source] of Object.entries(SCRIPTS)) files.push([name, await bundle(join(html, 'browser', source))]);
  if (files.some(([, text]) => /<\/(script|style)|<!--/i.test(text)))
    throw new Error('the report page would end inside its own script or style');
  for (const folder of folders) {
    mkdirSync(join(folder, 'generated'), { recursive: true });
    for (const [name, text] of files) replaceFile(join(folder, 'generated', name), text);
  }
}

async function bundle(source) {
  const { outputFiles } = await build({
    entryPoints: [source],
    absWorkingDir: root,
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2020',
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'warning',
  });
  return outputFiles[0].text;
}

/** For vitest. */
export const setup = () => writeReportPage(html);

// A file that stays as it is stays as old: a build that is newer than its sources is not made again. Another process may read the
// file meanwhile.
function replaceFile(path, text) {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  const next = `${path}.${process.pid}`;
  writeFileSync(next, text);
  renameSync(next, path);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await setup();
