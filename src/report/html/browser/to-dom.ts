import type { PageChild, PageNode } from '../page-node.ts';

const SVG = 'http://www.w3.org/2000/svg';

/** The node as an element; text becomes text, never markup. */
export function toDom(node: PageNode, svg = false): Element {
  const inSvg = svg || node.tag === 'svg';
  const element = inSvg ? document.createElementNS(SVG, node.tag) : document.createElement(node.tag);
  for (const [name, value] of Object.entries(node.attributes)) {
    if (value !== undefined) element.setAttribute(name, value);
  }
  element.append(
    ...node.children.filter(isPresent).map((child) => (typeof child === 'string' ? child : toDom(child, inSvg))),
  );
  return element;
}

function isPresent(child: PageChild): child is PageNode | string {
  return child !== undefined;
}
