/** The formats of `diff`. */
export const DIFF_FORMATS = ['text', 'markdown', 'html'] as const;

export type DiffFormat = (typeof DIFF_FORMATS)[number];
