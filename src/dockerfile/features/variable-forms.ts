/** A `${X…}` that is more than a name. */
export interface VariableForm {
  /** For a message: `${X#…}`. */
  readonly text: string;
  /** What follows the name. */
  readonly operator: string;
}

const FORM = /^\$\{[\p{L}\p{Nd}_]+(:[-+?]|##?|%%?|\/\/?|[-+?])/u;

// More than a name behind "${".
const START = /\$\{\w*[^\w}]/;

/** Whether there may be a form in a text. Few words have one. */
export function mayHaveForms(text: string): boolean {
  return START.test(text);
}

/** Finds the forms in a word. Single quotes and escapes hide them; quotes mean nothing in the body of a heredoc. */
export function variableForms(word: string, escapeCharacter: string, isBody = false): VariableForm[] {
  const forms: VariableForm[] = [];
  if (!mayHaveForms(word)) return forms;
  let inDouble = false;
  for (let at = 0; at < word.length; at++) {
    const character = word[at];
    if (character === escapeCharacter) at++;
    else if (character === '"' && !isBody) inDouble = !inDouble;
    else if (character === "'" && !isBody && !inDouble) {
      const end = word.indexOf("'", at + 1);
      if (end < 0) break;
      at = end;
    } else if (character === '$') {
      const [start, operator] = FORM.exec(word.slice(at, at + 200)) ?? [];
      if (start !== undefined && operator !== undefined) forms.push({ text: `${start}…}`, operator });
    }
  }
  return forms;
}
