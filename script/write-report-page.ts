import { readFile, writeFile } from 'node:fs/promises';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const FILE = 'src/report/html/page-assets.ts';
const path = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url));

/** The module that holds the report's style and script, made of `src/report/html/browser/`. */
export async function reportPageModule(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [path('src/report/html/browser/main.ts')],
    absWorkingDir: path('.'),
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2020',
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'warning',
  });
  const script = outputFiles[0]?.text ?? '';
  const styles = ['page.css', 'run.css'].map((name) => readFile(path(`src/report/html/browser/${name}`), 'utf8'));
  const style = (await Promise.all(styles)).join('\n');
  if (/<\/(script|style)|<!--/i.test(script + style))
    throw new Error('the page would end inside its own script or style');
  return [
    '// Made by `npm run report-page` from src/report/html/browser/: change it there.',
    '',
    '/** The style of every page. */',
    `export const PAGE_STYLE = \`${escapeTemplate(style)}\`;`,
    '',
    "/** The script of a page with findings: it reads the page's data and takes over its tables. */",
    `export const PAGE_SCRIPT = \`${escapeTemplate(script)}\`;`,
    '',
  ].join('\n');
}

function escapeTemplate(text: string): string {
  return text.replace(/[\\`]|\$(?=\{)/g, '\\$&');
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(path(FILE), await reportPageModule());
  console.log(FILE);
}
