import { escapeUnprintable } from '../../../lib/text/sanitize.ts';

/** Bytes of a container, which come in pieces that begin and end anywhere, as text that a terminal can be sent. */
export interface ContainerText {
  /** What can be shown by now. */
  show(data: Uint8Array): string;
  /** The rest, and the colours reset where the container left some on. */
  end(): string;
}

/** What is kept of what a terminal obeys: a line break, and a change of colours (SGR). */
const KEPT = /(\r\n|\u001b\[[0-9;:]{0,40}m)/;
/** The beginning of one of those at the end of a piece. */
const UNFINISHED = /(?:\r|\u001b(?:\[[0-9;:]{0,40})?)$/;
const RESET = '\u001b[0m';

/**
 * Makes a {@link ContainerText}: control characters are shown instead of obeyed, but for colours.
 *
 * @param isColored false to leave the colours out
 */
export function createContainerText(isColored: boolean): ContainerText {
  const decoder = new TextDecoder();
  let rest = '';
  let isStyled = false;

  const keep = (part: string): string => {
    if (part === '\r\n') return '\n';
    if (!isColored) return '';
    isStyled = part !== RESET && part !== '\u001b[m';
    return part;
  };
  // Every second part is one that the pattern found.
  const safe = (text: string): string =>
    text
      .split(KEPT)
      .map((part, index) => (index % 2 === 1 ? keep(part) : escapeUnprintable(part)))
      .join('');

  return {
    show(data) {
      const text = rest + decoder.decode(data, { stream: true });
      rest = UNFINISHED.exec(text)?.[0] ?? '';
      return safe(text.slice(0, text.length - rest.length));
    },
    end() {
      const text = safe(rest + decoder.decode());
      rest = '';
      const reset = isStyled ? RESET : '';
      isStyled = false;
      return text + reset;
    },
  };
}
