import { nounOf } from '../../domain/kernel/ids.ts';
import type { StoredFact } from '../../domain/kernel/ports.ts';
import { nouns } from '../../domain/nouns.ts';

/**
 * What stands in a message for a value that never leaves the engine, neither plain nor as ciphertext: `sensitive` for what the fact's form
 * seals; `unreadable` for all data of a fact that this engine has no form for, since nobody knows what of it is secret.
 */
export type Withheld = { readonly $withheld: 'sensitive' | 'unreadable' };

const SENSITIVE: Withheld = { $withheld: 'sensitive' };
const UNREADABLE: Withheld = { $withheld: 'unreadable' };

/** Whether this engine knows the form of a stored fact's data; what somebody else wrote into a stream of the engine has none. */
export const isReadable = ({ stream, type, data }: Pick<StoredFact, 'stream' | 'type' | 'data'>): boolean =>
  (nouns[nounOf(stream)]?.codec.reads(type) ?? false) && !data.startsWith(STRANGE);

/** How the log keeps such an event, whatever type it was given. */
const STRANGE = '{"$stranger":';

/** A stored fact's data as JSON text for everybody: as it was written, in the version in which it was, less what is sensitive. */
export const publicData = (stored: StoredFact): string => {
  if (!isReadable(stored)) return JSON.stringify(UNREADABLE);
  const { type, data } = stored;
  const paths = nouns[nounOf(stored.stream)]?.codec.forms[type.slice(0, type.lastIndexOf('.v'))]?.sensitive?.paths ?? [];
  if (paths.length === 0 && !MAY_HOLD_SEALED.test(data)) return data;
  try {
    return JSON.stringify(withoutSealed(paths.reduce<unknown>(withheldAt, JSON.parse(data))));
  } catch {
    return JSON.stringify(UNREADABLE);
  }
};

/** A `$sealed` in the text, or an escape that may be one of its letters. */
const MAY_HOLD_SEALED = /\$sealed|\\u00[2-7]/;

/** A copy with the marker at a path of a form, `*` standing for every key or index; whatever stands there goes, sealed or not. */
export const withheldAt = (value: unknown, path: readonly string[]): unknown => {
  const [head, ...rest] = path;
  if (head === undefined) return value === undefined || value === null ? value : SENSITIVE;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return head === '*' ? value.map((item) => withheldAt(item, rest)) : value;
  return mapped(value, (key, each) => (head === '*' || head === key ? withheldAt(each, rest) : each));
};

/** Ciphertext stays in the house also where no form speaks of it. */
const withoutSealed = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutSealed);
  return Object.hasOwn(value, '$sealed') ? SENSITIVE : mapped(value, (_, each) => withoutSealed(each));
};

const mapped = (record: object, change: (key: string, value: unknown) => unknown): object =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(key, value)]));
