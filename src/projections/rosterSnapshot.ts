import type { RosterRow } from '../domain/ports/views.ts';
import { putRow, type Roster, roster, rosterView } from './roster.ts';
import type { SnapshotCodec } from './snapshot.ts';

/** The roster's rows in a snapshot, in their order. Raise `roster.version` with any change. */
export const rosterSnapshot: SnapshotCodec<Roster> = {
  write: (state, sink) => {
    sink.uint(state.rows.size + state.instances.size);
    for (const { stream, chart, state: stands, owes, revision, position, due } of rosterView(state).all()) {
      sink.text(stream);
      sink.word(chart);
      sink.word(stands);
      sink.word(owes);
      sink.uint(revision);
      sink.uint(position);
      sink.uint(due === undefined ? 0 : 1);
      if (due !== undefined) sink.number(due);
      sink.rowEnd();
    }
  },
  *read(source) {
    const state = roster.initial();
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
      putRow(state, row);
      if (source.rowEnd()) yield;
    }
    return state;
  },
};
