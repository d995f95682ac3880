import type { RosterRow, RosterView } from '../domain/ports/views.ts';
import type { Projection } from './projection.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
export type Roster = { readonly rows: Map<string, Mutable<RosterRow>> };

/** Every stream as its last fact left it: recovery, timers and passivation read this instead of folding streams. */
export const roster: Projection<Roster> = {
  name: 'roster',
  version: 1,
  initial: () => ({ rows: new Map() }),
  evolve: ({ rows }, { stream, revision, position, meta }) => {
    const row = rows.get(stream);
    if (row === undefined) {
      const { state, owes, due, chart = '' } = meta;
      rows.set(stream, { stream, chart, state, owes, revision, position, ...(due !== undefined && { due }) });
      return;
    }
    row.state = meta.state;
    row.owes = meta.owes;
    row.revision = revision;
    row.position = position;
    if (meta.due === undefined) delete row.due;
    else row.due = meta.due;
  },
};

export const rosterView = ({ rows }: Roster): RosterView => ({ get: (stream) => rows.get(stream), all: () => rows.values() });
