import { escapeUnprintable } from '../../lib/text/sanitize.ts';

/** Text of an element, or an element; what is undefined is left out. */
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

// Our own and not a library's: fast-xml-parser's builder passes on characters that no XML 1.0 document may hold (tried), and
// makes the document as a whole.
/** A document in pieces. Whatever its texts hold, it is well-formed: control characters are shown as text. */
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

// A reader would make a space of a line break in an attribute that is not written so.
function reference(character: string): string {
  return `&#${character.charCodeAt(0)};`;
}
