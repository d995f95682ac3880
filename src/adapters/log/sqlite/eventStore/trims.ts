import type { StreamTrim } from '../../../../domain/ports/eventStore.ts';

/** `$tb` of a stream that is deleted softly, as EventStoreDB writes it: 2^63 - 1, which no number of JavaScript's holds. */
const DELETED_TEXT = '9223372036854775807';
export const DELETED = Number(DELETED_TEXT);

/** What readers may see by a stream's metadata. What is no metadata trims nothing. */
export const trimIn = (metadata: Uint8Array): StreamTrim => {
  const found = parsed(metadata);
  const count = (name: string): number | undefined => {
    const value = plain(found[name]);
    return typeof value === 'number' && value >= 0 && Math.floor(value) === value ? value : undefined;
  };
  const [maxCount, maxAgeSeconds, truncateBefore] = [count('$maxCount'), count('$maxAge'), count('$tb')];
  return {
    ...(maxCount !== undefined && maxCount > 0 && { maxCount }),
    ...(maxAgeSeconds !== undefined && maxAgeSeconds > 0 && { maxAgeSeconds }),
    ...(truncateBefore !== undefined && { truncateBefore }),
  };
};

/** The metadata with another `$tb` and all else as it was, numbers to their last digit. */
export const withTruncateBefore = (metadata: Uint8Array, before: number | 'deleted'): Uint8Array =>
  Buffer.from(JSON.stringify({ ...parsed(metadata), $tb: before === 'deleted' ? JSON.rawJSON(DELETED_TEXT) : before }));

type Raw = { readonly rawJSON: string };

declare global {
  interface JSON {
    rawJSON(text: string): Raw;
    isRawJSON(value: unknown): value is Raw;
  }
}

const plain = (value: unknown): unknown => (JSON.isRawJSON(value) ? Number(value.rawJSON) : value);

/** Numbers that JavaScript can't hold stay the text that they were. */
const keepDigits = (_key: string, value: unknown, context?: { readonly source?: string }): unknown =>
  typeof value === 'number' && context?.source !== undefined && String(value) !== context.source ? JSON.rawJSON(context.source) : value;

const parsed = (metadata: Uint8Array): Readonly<Record<string, unknown>> => {
  try {
    const found: unknown = JSON.parse(Buffer.from(metadata).toString('utf8'), keepDigits);
    return typeof found === 'object' && found !== null && !Array.isArray(found) ? (found as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
};
