import type { ExpectedRevision } from '../../../../domain/ports/eventStore.ts';

/** What an append or a removal comes to, by what it expects. */
export type Judgement =
  | { readonly _tag: 'Write' }
  /** Its events stand there already, the last of them at this revision. */
  | { readonly _tag: 'AlreadyThere'; readonly revision: number }
  | { readonly _tag: 'Wrong' };

export type StreamState = {
  /** Revision of the last event, -1 where there is none. */
  readonly last: number;
  /** Deleted softly: it counts as no stream, and its numbering goes on. */
  readonly isDeleted: boolean;
  /** First revision since the stream was last deleted softly, if it was. */
  readonly begins: number;
};

/**
 * EventStoreDB's rule of the expected revision.
 * @param idAt id of the event at a revision
 * @param revisionOf where an event with this id stands
 */
export const judge = (
  { last, isDeleted, begins }: StreamState,
  expected: ExpectedRevision,
  ids: readonly string[],
  idAt: (revision: number) => string | undefined,
  revisionOf: (id: string) => number | undefined,
): Judgement => {
  const standsAt = (first: number): boolean => ids.length > 0 && ids.every((id, i) => idAt(first + i) === id);
  const isThere = last >= 0 && !isDeleted;
  const again = (first: number | undefined): Judgement =>
    first !== undefined && standsAt(first) ? { _tag: 'AlreadyThere', revision: first + ids.length - 1 } : { _tag: 'Wrong' };
  if (expected === 'any' || expected === 'stream_exists') {
    const first = ids[0] === undefined || !isThere ? undefined : revisionOf(ids[0]);
    if (first !== undefined) return again(first);
    return expected === 'any' || isThere ? { _tag: 'Write' } : { _tag: 'Wrong' };
  }
  if (expected === 'no_stream') return isThere ? again(begins) : { _tag: 'Write' };
  if (expected === last) return { _tag: 'Write' };
  return expected < last ? again(expected + 1) : { _tag: 'Wrong' };
};
