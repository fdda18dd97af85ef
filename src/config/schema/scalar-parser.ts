/** The parsed value, or why the text is invalid and how to correct it. */
export type ParseResult<T> = { readonly value: T } | { readonly problem: string; readonly hint?: string | undefined };

/** Parses the text of one kind of value in config.yaml. The text is not empty, because an empty text counts as absent. */
export interface ScalarParser<T> {
  parse(text: string): ParseResult<T>;
}

// No name, path or password is longer. Reject longer texts before any regular expression runs.
const LENGTH_LIMIT = 10_000;

/** Creates a parser that also limits the length of the text. It must not throw. */
export const scalarParser = <T>(read: (text: string) => ParseResult<T>): ScalarParser<T> => ({
  parse: (text) =>
    text.length > LENGTH_LIMIT ? { problem: `the text is longer than ${LENGTH_LIMIT} characters` } : read(text),
});

/** Returns the text, or the problem when it is wrong. */
export const unlessWrong = (wrong: boolean, text: string, problem: string, hint?: string): ParseResult<string> =>
  wrong ? { problem, hint } : { value: text };
