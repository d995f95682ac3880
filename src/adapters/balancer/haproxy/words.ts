import { keyOf } from './layout.ts';

/** One argument of a line; what would end it or be replaced in it is escaped, and there are no control characters. */
export const word = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
  `"${text.replace(/[\x00-\x1f\x7f]/g, '').replace(/["\\$]/g, '\\$&')}"`;

/** Literally inside of a log format. */
export const literal = (text: string): string => text.replaceAll('%', '%%');

/** Literally inside of a regular expression. */
export const pattern = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');

export const userlistOf = (route: string): string => `users_${keyOf(route)}`;

export const milliseconds = (ms: number): string => `${Math.max(1, Math.round(ms))}ms`;
