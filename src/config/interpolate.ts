/** A written string taken apart at its `${VARIABLE}`s. */
export interface Template {
  readonly parts: readonly (string | { readonly variable: string })[];
  /** Why the text is no template: a `${` that starts no variable. */
  readonly problem?: string;
}

const VARIABLE = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$\{/g;

/**
 * Reads a string of config.yaml: `${NAME}` is a variable, `$${` a literal `${`, any other `$` is itself.
 * The problem quotes nothing, because the text may be a password.
 */
export function parseTemplate(text: string): Template {
  const parts: (string | { variable: string })[] = [];
  let from = 0;
  for (const match of text.matchAll(VARIABLE)) {
    parts.push(text.slice(from, match.index));
    from = match.index + match[0].length;
    if (match[0] === '$${') parts.push('${');
    else if (match[1] !== undefined) parts.push({ variable: match[1] });
    else return { parts: [text], problem: 'holds a "${" that is not followed by a variable\'s name and "}"' };
  }
  parts.push(text.slice(from));
  return { parts: parts.filter((part) => part !== '') };
}

/** The names of the variables in a template, each once. */
export function variablesOf(template: Template): readonly string[] {
  return [...new Set(template.parts.flatMap((part) => (typeof part === 'string' ? [] : [part.variable])))];
}

/** The template's text with its variables looked up; undefined where one is not set. */
export function expand(template: Template, lookup: (variable: string) => string | undefined): string | undefined {
  let text = '';
  for (const part of template.parts) {
    const piece = typeof part === 'string' ? part : lookup(part.variable);
    if (piece === undefined) return undefined;
    text += piece;
  }
  return text;
}

/** Text written so that {@link parseTemplate} reads it back as that very text. */
export function escapeTemplate(text: string): string {
  // As a function: in a replacement text "$$" would be one "$".
  return text.replaceAll('${', () => '$${');
}
