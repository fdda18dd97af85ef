/** The formats of `releases show`. */
export const SHOW_FORMATS = ['text', 'markdown', 'kustomize', 'set-image', 'compose'] as const;

export type ShowFormat = (typeof SHOW_FORMATS)[number];
