// Makes the style and the script of the HTML reports from src/report/html/browser/. They are not committed: `npm run build`,
// `npm ci` and vitest's global setup call this.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const html = join(root, 'src/report/html');

/** Writes `page.css` and `page.js` to `generated/` in each folder: beside a module that reads them, compiled or bundled. */
export async function writeReportPage(...folders) {
  const style = ['page.css', 'run.css', 'diff.css']
    .map((name) => readFileSync(join(html, 'browser', name), 'utf8'))
    .join('\n');
  const { outputFiles } = await build({
    entryPoints: [join(html, 'browser/main.ts')],
    absWorkingDir: root,
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2020',
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'warning',
  });
  const script = outputFiles[0].text;
  if (/<\/(script|style)|<!--/i.test(script + style))
    throw new Error('the report page would end inside its own script or style');
  for (const folder of folders) {
    mkdirSync(join(folder, 'generated'), { recursive: true });
    replaceFile(join(folder, 'generated/page.css'), style);
    replaceFile(join(folder, 'generated/page.js'), script);
  }
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
