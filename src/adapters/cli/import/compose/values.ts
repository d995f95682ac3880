import { isObject } from '../../../../domain/app/definition/readers.ts';

/** Values as people write them in YAML, where a number may stand as a text and a list as a map. Each answers undefined for what it is not. */

export const textIn = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;

export const numberIn = (value: unknown): number | undefined => {
  const text = textIn(value)?.trim();
  return text === undefined || text === '' || Number.isNaN(Number(text)) ? undefined : Number(text);
};

export const flagIn = (value: unknown): boolean | undefined => {
  const text = textIn(value)?.toLowerCase();
  if (text === 'true' || text === 'yes' || text === 'on' || text === 'y') return true;
  return text === 'false' || text === 'no' || text === 'off' || text === 'n' ? false : undefined;
};

/** A list of texts, or one. */
export const textsIn = (value: unknown): readonly string[] | undefined => {
  const one = textIn(value);
  if (one !== undefined) return [one];
  const texts = Array.isArray(value) ? value.map(textIn) : undefined;
  return texts === undefined || texts.includes(undefined) ? undefined : (texts as string[]);
};

/** `{a: b}` or `["a=b"]`; null stands for a name without value. */
export const pairsIn = (value: unknown): readonly (readonly [string, string | null])[] | undefined => {
  if (isObject(value)) return Object.entries(value).map(([key, each]) => [key, each === null ? null : (textIn(each) ?? '')] as const);
  return textsIn(value)?.map((text) => {
    const at = text.indexOf('=');
    return at < 0 ? ([text, null] as const) : ([text.slice(0, at), text.slice(at + 1)] as const);
  });
};

const UNIT_SECONDS: Readonly<Record<string, number>> = { us: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600, d: 86_400 };

/** `1m30s`, in seconds; a number alone is seconds too. */
export const secondsIn = (value: unknown): number | undefined => {
  const text = textIn(value)?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  if (!/^(\d+(\.\d+)?(us|ms|s|m|h|d))+$/.test(text)) return undefined;
  return [...text.matchAll(/(\d+(?:\.\d+)?)(us|ms|s|m|h|d)/g)].reduce(
    (sum, [, count, unit = '']) => sum + Number(count) * (UNIT_SECONDS[unit] ?? 0),
    0,
  );
};

/** `512m`, `1gb`, bytes; in mebibytes, rounded up. */
export const mebibytesIn = (value: unknown): number | undefined => {
  const match = /^(\d+(?:\.\d+)?)\s*([bkmgt]?)b?$/i.exec(textIn(value)?.trim() ?? '');
  if (match?.[1] === undefined) return undefined;
  return Math.ceil((Number(match[1]) * 1024 ** Math.max(0, 'bkmgt'.indexOf((match[2] ?? '').toLowerCase()))) / 1024 ** 2);
};

/** A command line as a shell would take it apart, nothing expanded; undefined where a quote is left open. */
export const wordsIn = (line: string): readonly string[] | undefined => {
  const words: string[] = [];
  let word: string | undefined;
  for (let i = 0; i < line.length; i++) {
    const character = line[i] ?? '';
    if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === '\\') {
      i += 1;
      word = (word ?? '') + (line[i] ?? '');
    } else if (character === "'" || character === '"') {
      const end = closingQuote(line, i);
      if (end === undefined) return undefined;
      const inside = line.slice(i + 1, end);
      word = (word ?? '') + (character === '"' ? inside.replace(/\\(["\\$`])/g, '$1') : inside);
      i = end;
    } else word = (word ?? '') + character;
  }
  return word === undefined ? words : [...words, word];
};

const closingQuote = (line: string, from: number): number | undefined => {
  const quote = line[from];
  for (let i = from + 1; i < line.length; i++) {
    if (quote === '"' && line[i] === '\\') i += 1;
    else if (line[i] === quote) return i;
  }
  return undefined;
};

/** Words as one line for a shell. */
export const lineOf = (words: readonly string[]): string =>
  words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
