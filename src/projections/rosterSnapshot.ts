import type { RosterRow } from '../domain/ports/views.ts';
import { putRow, type Roster, roster, rosterView, sizeOf } from './roster.ts';
import type { SnapshotCodec } from './snapshot.ts';

/** The roster's rows in a snapshot, in their order. Raise `roster.version` with any change. */
export const rosterSnapshot: SnapshotCodec<Roster> = {
  write: (state, sink) => {
    sink.uint(sizeOf(state));
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
    sink.word(state.goneChart ?? '');
    sink.uint(state.gone.length);
    for (const stream of state.gone) {
      sink.text(stream);
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
    const goneChart = source.word();
    if (goneChart !== '') state.goneChart = goneChart;
    for (let left = source.uint(); left > 0; left--) {
      state.gone.push(source.text());
      if (source.rowEnd()) yield;
    }
    return state;
  },
};
