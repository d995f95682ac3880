import type { StoreEvent } from '../../../../../domain/ports/eventStore.ts';

/** Which events of `$all` a group wants: by the name of their stream or by their type. */
export type Filter = { readonly on: 'stream' | 'type'; readonly by: { readonly regex: string } | { readonly prefixes: readonly string[] } };

/** Why a filter can't be used; undefined for one that can. */
export const filterProblem = ({ by }: Filter): string | undefined => {
  if ('prefixes' in by) return by.prefixes.length === 0 ? 'a filter needs a regex or prefixes' : undefined;
  try {
    new RegExp(by.regex);
    return undefined;
  } catch (error) {
    return `the filter's regex is none: ${error instanceof Error ? error.message : String(error)}`;
  }
};

export const matcherOf = ({ on, by }: Filter): ((event: StoreEvent) => boolean) => {
  const wordOf = (event: StoreEvent): string => (on === 'stream' ? event.stream : event.type);
  if ('prefixes' in by) return (event) => by.prefixes.some((prefix) => wordOf(event).startsWith(prefix));
  const regex = new RegExp(by.regex);
  return (event) => regex.test(wordOf(event));
};
