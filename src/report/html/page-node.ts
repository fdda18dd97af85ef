import { escapeUnprintable } from '../../lib/text/sanitize.ts';
import { escapeHtml } from '../html-text.ts';

/** A part of a page. {@link toHtml} makes it HTML, and the browser's script makes it elements. */
export interface PageNode {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string | undefined>>;
  readonly children: readonly PageChild[];
}

/** Text is always escaped. It cannot contain markup. */
export type PageChild = PageNode | string | undefined;

const VOID_TAGS = new Set(['br', 'input', 'link', 'meta']);

/** Makes an element, without the attributes and children that are undefined. */
export function h(
  tag: string,
  attributes: PageNode['attributes'] = {},
  ...children: readonly (PageChild | readonly PageChild[])[]
): PageNode {
  return { tag, attributes, children: children.flat() };
}

/** The node as HTML, with every text and attribute escaped and its control characters shown. */
export function toHtml(node: PageChild): string {
  if (node === undefined) return '';
  if (typeof node === 'string') return escapeHtml(escapeUnprintable(node));
  let html = `<${node.tag}`;
  for (const [name, value] of Object.entries(node.attributes)) {
    if (value !== undefined) html += ` ${name}="${escapeHtml(escapeUnprintable(value))}"`;
  }
  html += '>';
  if (VOID_TAGS.has(node.tag)) return html;
  for (const child of node.children) html += toHtml(child);
  return `${html}</${node.tag}>`;
}
