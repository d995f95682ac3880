import type { RosterRow } from '../domain/ports/views.ts';
import type { Roster } from './roster.ts';
import type { SnapshotCodec } from './snapshot.ts';

/** The roster's rows in a snapshot, in their order. Raise `roster.version` with any change. */
export const rosterSnapshot: SnapshotCodec<Roster> = {
  write: ({ rows }, sink) => {
    sink.uint(rows.size);
    for (const { stream, chart, state, owes, revision, position, due } of rows.values()) {
      sink.text(stream);
      sink.word(chart);
      sink.word(state);
      sink.word(owes);
      sink.uint(revision);
      sink.uint(position);
      sink.uint(due === undefined ? 0 : 1);
      if (due !== undefined) sink.number(due);
      sink.rowEnd();
    }
  },
  *read(source) {
    const rows: Roster['rows'] = new Map();
    for (let left = source.uint(); left > 0; left--) {
      const stream = source.text();
      const row: { -readonly [K in keyof RosterRow]: RosterRow[K] } = {
        stream,
        chart: source.word(),
        state: source.word(),
        owes: source.word(),
        revision: source.uint(),
        position: source.uint(),
      };
      if (source.uint() === 1) row.due = source.number();
      rows.set(stream, row);
      if (source.rowEnd()) yield;
    }
    return { rows };
  },
};
