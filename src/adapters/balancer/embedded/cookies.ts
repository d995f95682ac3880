import { createHash } from 'node:crypto';

/** The value of a cookie in a `Cookie` header; the first one of that name. */
export const cookieOf = (header: string | undefined, name: string): string | undefined => {
  for (const part of header?.split(';') ?? []) {
    const at = part.indexOf('=');
    if (at > 0 && part.slice(0, at).trim() === name)
      return part
        .slice(at + 1)
        .trim()
        .replace(/^"(.*)"$/, '$1');
  }
  return undefined;
};

/** Stands for an instance or a version in a cookie, so that clients learn no names. */
export const tokenOf = (id: string): string => {
  const known = TOKENS.get(id);
  if (known !== undefined) return known;
  if (TOKENS.size >= TOKENS_MAX) TOKENS.clear();
  const token = createHash('sha256').update(id).digest('hex').slice(0, 16);
  TOKENS.set(id, token);
  return token;
};

const TOKENS = new Map<string, string>();
const TOKENS_MAX = 10_000;
