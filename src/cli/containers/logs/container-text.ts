import { escapeUnprintable } from '../../../lib/text/sanitize.ts';

/** Converts output of a container, in chunks of any size, to text that is safe for a terminal. */
export interface ContainerText {
  /** The text of a chunk; an incomplete end waits for the next one. */
  show(data: Uint8Array): string;
  /** The rest, with a color reset when the container left colors on. */
  end(): string;
}

/** The control sequences that are kept: line breaks and colors (SGR). */
const ALLOWED = /(\r\n|\u001b\[[0-9;:]{0,40}m)/;
/** The start of one of them at the end of a chunk. */
const UNFINISHED = /(?:\r|\u001b(?:\[[0-9;:]{0,40})?)$/;
const RESET = '\u001b[0m';

/**
 * Creates a {@link ContainerText}. It escapes all control characters except colors.
 *
 * @param isColored false to remove colors, too
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
  // With a capturing group, split returns matches at odd indexes.
  const safe = (text: string): string =>
    text
      .split(ALLOWED)
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
