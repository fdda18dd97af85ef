/** What reading a value came to: the value, or why it is none and what would be right. Never throws. */
export type Reading<T> = { readonly value: T } | { readonly problem: string; readonly hint?: string | undefined };

/** One kind of value that config.yaml holds: how its text is read. Texts are never empty here; empty means not set. */
export interface Kind<T> {
  read(text: string): Reading<T>;
}

// Far beyond any name, path or password; what is longer got here by mistake and is not worth a close look.
const LENGTH_LIMIT = 10_000;

/** A kind of value, by how its text is read. */
export const kind = <T>(read: (text: string) => Reading<T>): Kind<T> => ({
  read: (text) =>
    text.length > LENGTH_LIMIT ? { problem: `the text is longer than ${LENGTH_LIMIT} characters` } : read(text),
});

/** The text, unless it is wrong. */
export const unless = (wrong: boolean, text: string, problem: string, hint?: string): Reading<string> =>
  wrong ? { problem, hint } : { value: text };
