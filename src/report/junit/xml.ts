import { escapeUnprintable } from '../../lib/text/sanitize.ts';

/** Text or a child element; undefined ones are omitted. */
export type XmlChild = XmlElement | string | undefined;

export interface XmlElement {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string | number | undefined>>;
  readonly children: readonly XmlChild[] | Iterable<XmlChild>;
}

export function element(
  tag: string,
  attributes: XmlElement['attributes'],
  children: XmlElement['children'] = [],
): XmlElement {
  return { tag, attributes, children };
}

// Written by hand: the builder of fast-xml-parser passes on characters that XML 1.0 forbids (tried), and builds the whole
// document in memory.
/** A document in pieces. It is always well-formed: control characters are escaped. */
export function* xmlPieces(root: XmlElement): Generator<string> {
  yield '<?xml version="1.0" encoding="UTF-8"?>\n';
  yield* elementPieces(root);
  yield '\n';
}

function* elementPieces({ tag, attributes, children }: XmlElement): Generator<string> {
  let start = `<${tag}`;
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) start += ` ${name}="${escapeXml(String(value)).replace(/[\t\n]/g, reference)}"`;
  }
  let open = false;
  for (const child of children) {
    if (child === undefined) continue;
    if (!open) yield `${start}>`;
    open = true;
    if (typeof child === 'string') yield escapeXml(child);
    else yield* elementPieces(child);
  }
  yield open ? `</${tag}>` : `${start}/>`;
}

function escapeXml(text: string): string {
  return escapeUnprintable(text)
    .replace(/[\ufffe\uffff]/g, '\ufffd')
    .replace(/[&<>"']/g, reference);
}

// A parser would replace a literal line break in an attribute with a space.
function reference(character: string): string {
  return `&#${character.charCodeAt(0)};`;
}
