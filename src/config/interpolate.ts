/** A string, split at its `${VARIABLE}`s. */
export interface Template {
  readonly parts: readonly (string | { readonly variable: string })[];
  /** Why the text is invalid: a `${` without a variable name. */
  readonly problem?: string;
}

const VARIABLE = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$\{/g;

/**
 * Parses a string of config.yaml. `${NAME}` is a variable, and `$${` is a literal `${`. Any other `$` has no meaning.
 * The problem does not quote the text, because it may be a password.
 */
export function parseTemplate(text: string): Template {
  const parts: (string | { variable: string })[] = [];
  let from = 0;
  for (const match of text.matchAll(VARIABLE)) {
    parts.push(text.slice(from, match.index));
    from = match.index + match[0].length;
    if (match[0] === '$${') parts.push('${');
    else if (match[1] !== undefined) parts.push({ variable: match[1] });
    else return { parts: [text], problem: 'contains "${" without the name of a variable and "}" after it' };
  }
  parts.push(text.slice(from));
  return { parts: parts.filter((part) => part !== '') };
}

/** Returns the distinct variable names in a template. */
export function variablesOf(template: Template): readonly string[] {
  return [...new Set(template.parts.flatMap((part) => (typeof part === 'string' ? [] : [part.variable])))];
}

/** Replaces the variables of a template by their values. Returns undefined when one is not set. */
export function expand(template: Template, lookup: (variable: string) => string | undefined): string | undefined {
  let text = '';
  for (const part of template.parts) {
    const piece = typeof part === 'string' ? part : lookup(part.variable);
    if (piece === undefined) return undefined;
    text += piece;
  }
  return text;
}

/** Escapes a text so that {@link parseTemplate} finds no variables in it. */
export function escapeTemplate(text: string): string {
  // Use a function, because "$$" in a replacement string means one "$".
  return text.replaceAll('${', () => '$${');
}
