import type { Harbor } from './harbor.ts';

/** Whether the administrator has forbidden every change. */
export const isReadOnly = (harbor: Harbor): boolean => harbor.store.state.configurations.read_only === true;
