import { createHash } from 'node:crypto';
import { type PageScript, pageScript, pageStyle } from './page-assets.ts';
import { h, type PageNode, toHtml } from './page-node.ts';

export interface Page {
  readonly title: string;
  /** The lines below the title. */
  readonly about: readonly (PageNode | string)[];
  readonly sections: readonly PageNode[];
  /** @default none */
  readonly script?: PageScript;
  /** JSON without `<` for the page's script. */
  readonly data?: Iterable<string>;
}

const WITHOUT_SCRIPT = '.needs-script{display:none!important}';

// Without an icon in the page, a browser would request one from the server.
const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath fill='%2386104a' d='M2 9h3v5H2z'/%3E%3Cpath fill='%23c2410c' d='M6.5 2h3v12h-3z'/%3E%3Cpath fill='%233f84bd' d='M11 6h3v8h-3z'/%3E%3C/svg%3E";

/**
 * A whole page in pieces. Its content security policy allows only its own script and style, by hash, and loads nothing else.
 */
export function* renderPage({ title, about, sections, script, data }: Page): Generator<string> {
  const code = script === undefined ? undefined : pageScript(script);
  yield `<!doctype html>\n<html lang="en">\n<head>\n${head(title, code)}\n<style>${pageStyle()}</style>\n<noscript><style>${WITHOUT_SCRIPT}</style></noscript>\n</head>\n<body>\n`;
  const skip = sections.find(({ attributes }) => attributes.id !== undefined)?.attributes.id;
  if (skip !== undefined) yield `${toHtml(h('a', { class: 'skip', href: `#${skip}` }, `Skip to the ${skip}`))}\n`;
  yield `${toHtml(h('header', {}, h('h1', {}, title), h('p', { class: 'about' }, ...about)))}\n<main>\n`;
  for (const section of sections) yield `${toHtml(section)}\n`;
  yield '</main>\n';
  if (data !== undefined) {
    yield '<script type="application/json" id="data">';
    yield* data;
    yield '</script>\n';
  }
  if (code !== undefined) yield `<script>${code}</script>\n`;
  yield '</body>\n</html>\n';
}

function head(title: string, script: string | undefined): string {
  const policy = [
    "default-src 'none'",
    `style-src ${hash(pageStyle())} ${hash(WITHOUT_SCRIPT)}`,
    `script-src ${script === undefined ? "'none'" : hash(script)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ');
  return [
    h('meta', { charset: 'utf-8' }),
    h('meta', { 'http-equiv': 'Content-Security-Policy', content: policy }),
    h('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
    h('meta', { name: 'referrer', content: 'no-referrer' }),
    h('meta', { name: 'color-scheme', content: 'light dark' }),
    h('title', {}, title),
    h('link', { rel: 'icon', href: ICON }),
  ]
    .map(toHtml)
    .join('\n');
}

function hash(source: string): string {
  return `'sha256-${createHash('sha256').update(source).digest('base64')}'`;
}
