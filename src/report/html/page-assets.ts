import { readFileSync } from 'node:fs';

// Read only when a page is made, which most commands do not do. script/write-report-page.mjs makes the files.
const assets = new Map<string, string>();

/**
 * - `findings`: reads the page's data, and takes over the tables of findings.
 * - `overview`: sorts and filters tables by what is in the page.
 */
export type PageScript = 'findings' | 'overview';

const SCRIPTS: Readonly<Record<PageScript, string>> = { findings: 'page.js', overview: 'overview.js' };

/** The style of every page. */
export function pageStyle(): string {
  return asset('page.css');
}

export function pageScript(script: PageScript): string {
  return asset(SCRIPTS[script]);
}

function asset(name: string): string {
  const known = assets.get(name) ?? read(name);
  assets.set(name, known);
  return known;
}

function read(name: string): string {
  return readFileSync(new URL(`generated/${name}`, import.meta.url), 'utf8');
}
