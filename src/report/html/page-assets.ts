import { readFileSync } from 'node:fs';

// Read only when a page is made, which most commands do not do. script/write-report-page.mjs makes the files.
let assets: { readonly style: string; readonly script: string } | undefined;

/** The style of every page, and the script of a page with findings, which reads the page's data and takes over its tables. */
export function pageAssets(): { readonly style: string; readonly script: string } {
  assets ??= { style: read('page.css'), script: read('page.js') };
  return assets;
}

function read(name: string): string {
  return readFileSync(new URL(`generated/${name}`, import.meta.url), 'utf8');
}
