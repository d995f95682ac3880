import { either as E } from 'fp-ts';
import type { Either } from 'fp-ts/lib/Either.js';
import type { Direction, ExpectedRevision, NewEvent, StoreEvent, StoreFault, StorePlace } from '../../../../domain/ports/eventStore.ts';
import { type EventRows, isDeleted, type StreamRow } from './eventRows.ts';
import { judge } from './judgement.ts';
import { describedBy, METADATA_PREFIX, METADATA_TYPE, metadataStreamOf, TOMBSTONE_TYPE } from './names.ts';
import { trimIn, withTruncateBefore } from './trims.ts';

/** Events that readers see no more and that may wait before they are deleted, per stream. */
const CUT_AT = 256;
/** Revision of a tombstone; on the wire it is 2^63 - 1. */
export const TOMBSTONE_REVISION = Number.MAX_SAFE_INTEGER;

/** What is done to the streams of others within one transaction, which is the caller's. */
export type Streams = {
  append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Either<StoreFault, StorePlace>;
  remove(stream: string, expected: ExpectedRevision, how: 'soft' | 'hard', id: string): Either<StoreFault, { readonly position: bigint }>;
  read(stream: string, from: number | 'end', direction: Direction, max: number): readonly StoreEvent[] | 'deleted' | undefined;
  lastOf(stream: string): { readonly revision: number; readonly isDeleted: boolean } | undefined;
  /** Deletes all that no reader may see any more. */
  scavenge(): void;
};

type Options = { readonly rows: EventRows; readonly now: () => number; readonly nextPosition: () => bigint; readonly nextId: () => string };

export const streamsOf = ({ rows, now, nextPosition, nextId }: Options): Streams => {
  /** Revision of the first event that may be seen. */
  const visibleFrom = ({ id, name, last, trim: { maxCount, maxAgeSeconds, truncateBefore } }: StreamRow): number => {
    const kept = name.startsWith(METADATA_PREFIX) ? 1 : maxCount;
    const byCount = kept === undefined ? 0 : last - kept + 1;
    const aged = maxAgeSeconds === undefined ? undefined : rows.lastBefore(id, now() - maxAgeSeconds * 1000);
    return Math.max(0, byCount, truncateBefore ?? 0, aged === undefined ? 0 : aged + 1);
  };

  const cut = (row: StreamRow, waiting: number): void => {
    const visible = visibleFrom(row);
    const first = rows.first(row.id);
    if (first !== undefined && visible - first >= waiting) rows.cut(row.id, visible);
  };

  const write = (row: StreamRow, events: readonly NewEvent[]): StorePlace => {
    let revision = row.last;
    let position = 0n;
    const created = now();
    for (const event of events) {
      revision++;
      position = nextPosition();
      rows.add(row, revision, position, event, created);
    }
    if (revision % CUT_AT < events.length) cut({ ...row, last: revision }, CUT_AT);
    return { revision, position };
  };

  /** Writes metadata, and what it says of the stream with it. */
  const describe = (stream: string, events: readonly NewEvent[]): void => {
    const last = events.findLast(({ type }) => type === METADATA_TYPE);
    if (last !== undefined) rows.setTrim(rows.claim(stream).id, trimIn(last.data));
  };

  const metadataOf = (stream: string): Uint8Array => {
    const row = rows.stream(metadataStreamOf(stream));
    return (row === undefined ? undefined : rows.lastEvent(row.id))?.data ?? Buffer.from('{}');
  };

  const trimBefore = (stream: string, before: number | 'deleted'): StorePlace => {
    const event: NewEvent = {
      id: nextId(),
      type: METADATA_TYPE,
      contentType: 'application/json',
      data: withTruncateBefore(metadataOf(stream), before),
      metadata: new Uint8Array(),
    };
    const place = write(rows.claim(metadataStreamOf(stream)), [event]);
    describe(stream, [event]);
    return place;
  };

  const judged = (row: StreamRow | undefined, expected: ExpectedRevision, ids: readonly string[]) => {
    const last = row?.last ?? -1;
    return judge(
      { last, isDeleted: row !== undefined && isDeleted(row), begins: row?.trim.truncateBefore ?? 0 },
      expected,
      ids,
      (revision) => (row === undefined ? undefined : rows.forwards(row.id, revision, 1).find((found) => found.revision === revision)?.id),
      (id) => (row === undefined ? undefined : rows.revisionOf(row.id, id)),
    );
  };

  const wrong = (stream: string, expected: ExpectedRevision, row: StreamRow | undefined): Either<StoreFault, never> =>
    E.left({ _tag: 'WrongExpectedVersion', stream, expected, actual: row === undefined || row.last < 0 ? undefined : row.last });

  /** A name that is never used again, be it the stream's or that of the stream which it describes. */
  const isTombstoned = (stream: string): boolean => rows.stream(describedBy(stream) ?? stream)?.isTombstoned === true;

  return {
    append: (stream, expected, events) => {
      if (isTombstoned(stream)) return E.left({ _tag: 'StreamDeleted', stream });
      const row = rows.stream(stream);
      const judgement = judged(
        row,
        expected,
        events.map(({ id }) => id),
      );
      if (judgement._tag === 'Wrong') return wrong(stream, expected, row);
      if (judgement._tag === 'AlreadyThere') {
        const { revision } = judgement;
        return E.right({ revision, position: rows.forwards(row?.id ?? 0, revision, 1)[0]?.position ?? 0n });
      }
      const first = events[0];
      if (first === undefined) return E.right({ revision: row?.last ?? -1, position: rows.head() });
      const claimed = row ?? rows.claim(stream);
      if (isDeleted(claimed)) trimBefore(stream, claimed.last + 1);
      const place = write(rows.stream(stream) ?? claimed, events);
      const described = describedBy(stream);
      if (described !== undefined) describe(described, events);
      return E.right(place);
    },
    remove: (stream, expected, how, id) => {
      if (isTombstoned(stream)) return E.left({ _tag: 'StreamDeleted', stream });
      const row = rows.stream(stream);
      if (judged(row, expected, [])._tag !== 'Write') return wrong(stream, expected, row);
      if (how === 'soft') return E.right({ position: trimBefore(stream, 'deleted').position });
      const claimed = row ?? rows.claim(stream);
      const position = nextPosition();
      const tombstone = {
        id,
        type: TOMBSTONE_TYPE,
        contentType: 'application/json',
        data: new Uint8Array(),
        metadata: new Uint8Array(),
      } as const;
      rows.add(claimed, TOMBSTONE_REVISION, position, tombstone, now());
      rows.entomb(claimed.id);
      return E.right({ position });
    },
    read: (stream, from, direction, max) => {
      if (isTombstoned(stream)) return 'deleted';
      const row = rows.stream(stream);
      if (row === undefined || row.last < 0 || isDeleted(row)) return undefined;
      const visible = visibleFrom(row);
      if (direction === 'forwards') return from === 'end' ? [] : rows.forwards(row.id, Math.max(from, visible), max);
      return rows.backwards(row.id, from === 'end' ? row.last : from, max).filter(({ revision }) => revision >= visible);
    },
    lastOf: (stream) => {
      const row = rows.stream(stream);
      if (row === undefined || (row.last < 0 && !row.isTombstoned)) return undefined;
      return { revision: row.last, isDeleted: row.isTombstoned || isDeleted(row) };
    },
    scavenge: () => {
      for (const name of rows.trimmed()) {
        const row = rows.stream(name);
        if (row === undefined) continue;
        if (row.isTombstoned) rows.cut(row.id, TOMBSTONE_REVISION);
        else if (isDeleted(row)) rows.cut(row.id, row.last + 1);
        else cut(row, 1);
      }
    },
  };
};
