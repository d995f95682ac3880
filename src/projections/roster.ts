import { INSTANCE } from '../domain/instance/instance.facts.ts';
import { nounOf, type StreamName } from '../domain/kernel/ids.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import type { RosterRow, RosterView } from '../domain/ports/views.ts';
import type { Projection } from './projection.ts';
import { RosterColumns } from './rosterColumns.ts';
import { UuidTable } from './uuidTable.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
export type Roster = {
  readonly rows: Map<StreamName, RosterRow>;
  /** Instances, of which there are a million: in columns. */
  readonly instances: RosterColumns;
};

const PREFIX = `${INSTANCE}-`;

/** Every stream as its last fact left it: recovery, timers and passivation read this instead of folding streams. */
export const roster: Projection<Roster> = {
  name: 'roster',
  version: 1,
  initial: () => ({ rows: new Map(), instances: new RosterColumns() }),
  evolve: ({ rows, instances }, recorded) => {
    if (isInColumns(recorded.stream)) instances.take(recorded, PREFIX.length);
    else evolveRoster(rows, recorded);
  },
};

/** One more fact in a roster of rows. */
export const evolveRoster = (rows: Map<StreamName, RosterRow>, { stream, revision, position, meta }: Recorded): void => {
  const row = rows.get(stream) as Mutable<RosterRow> | undefined;
  if (row === undefined) {
    const { state, owes, due, chart = '' } = meta;
    rows.set(stream, { stream, chart, state, owes, revision, position, ...(due !== undefined && { due }) });
    return;
  }
  row.state = meta.state;
  row.owes = meta.owes;
  row.revision = revision;
  row.position = position;
  if (meta.due !== undefined) row.due = meta.due;
  else if (row.due !== undefined) delete row.due;
};

/** A row that was kept comes back. */
export const putRow = ({ rows, instances }: Roster, row: RosterRow): void => {
  if (isInColumns(row.stream)) instances.put({ ...row, due: row.due }, PREFIX.length);
  else rows.set(row.stream, row);
};

const isInColumns = (stream: StreamName): boolean => stream.startsWith(PREFIX) && UuidTable.holds(stream, PREFIX.length);

export const rosterView = ({ rows, instances }: Roster): RosterView => ({
  get: (stream) => (isInColumns(stream) ? instances.get(stream, PREFIX) : rows.get(stream)),
  has: (stream) => (isInColumns(stream) ? instances.has(stream, PREFIX.length) : rows.has(stream)),
  *all() {
    yield* rows.values();
    yield* instances.all(PREFIX);
  },
  *active() {
    yield* activeOf(rows.values());
    yield* instances.active(PREFIX);
  },
  *kinds() {
    yield* kindsOf(rows.values());
    yield* instances.kinds(PREFIX);
  },
});

/** Of rows those that `RosterView` calls active. */
export const activeOf = function* (rows: Iterable<RosterRow>): Generator<RosterRow, void> {
  for (const row of rows) if (row.owes !== '' || row.due !== undefined) yield row;
};

/** Of rows the first of each kind. */
export const kindsOf = function* (rows: Iterable<RosterRow>): Generator<RosterRow, void> {
  const seen = new Set<string>();
  for (const row of rows) {
    const kind = `${nounOf(row.stream)} ${row.chart} ${row.state} ${row.owes} ${row.due === undefined}`;
    if (seen.has(kind)) continue;
    seen.add(kind);
    yield row;
  }
};
