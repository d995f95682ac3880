import { APP } from '../domain/app/app.facts.ts';
import { DEPLOYMENT } from '../domain/deployment/deployment.facts.ts';
import { INSTANCE } from '../domain/instance/instance.facts.ts';
import { nounOf, type StreamName } from '../domain/kernel/ids.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import { PLAN } from '../domain/plan/plan.facts.ts';
import type { RosterRow, RosterView } from '../domain/ports/views.ts';
import { REQUEST } from '../domain/request/request.ts';
import { type Gone, goneBy } from './gone.ts';
import type { Projection } from './projection.ts';
import { RosterColumns } from './rosterColumns.ts';
import { UuidTable } from './uuidTable.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type InColumns = { readonly prefix: string; readonly columns: RosterColumns };
export type Roster = {
  readonly rows: Map<StreamName, RosterRow>;
  /** By noun, of those that come and end all the time and are named by UUIDs. */
  readonly inColumns: Readonly<Record<string, InColumns>>;
  /** Streams of apps that are gone and have rows still. */
  readonly gone: Gone;
  /** The chart of the apps whose rows were let go; that of others is not forgotten. */
  goneChart?: string;
};

const NOUNS_IN_COLUMNS = [DEPLOYMENT, PLAN, REQUEST, INSTANCE];

/** Every stream as its last fact left it: recovery, timers and passivation read this instead of folding streams. */
export const roster: Projection<Roster> = {
  name: 'roster',
  version: 2,
  initial: () => ({
    rows: new Map(),
    inColumns: Object.fromEntries(NOUNS_IN_COLUMNS.map((noun) => [noun, { prefix: `${noun}-`, columns: new RosterColumns() }])),
    gone: [],
  }),
  evolve: (state, recorded) => {
    const there = columnsOf(state, recorded.stream);
    if (there !== undefined) there.columns.take(recorded, there.prefix.length);
    else if (nounOf(recorded.stream) === APP) evolveApp(state, recorded);
    else evolveRoster(state.rows, recorded);
  },
};

/** A stream of an app goes on when the app comes again, and names its chart in its first fact alone. */
const evolveApp = (state: Roster, recorded: Recorded): void => {
  const { stream, meta, fact } = recorded;
  const isBack = meta.chart === undefined && !state.rows.has(stream);
  const { goneChart } = state;
  evolveRoster(state.rows, isBack && goneChart !== undefined ? { ...recorded, meta: { ...meta, chart: goneChart } } : recorded);
  if (fact.type !== 'AppDestroyed') return;
  const oldest = goneBy(state.gone, stream) as StreamName | undefined;
  const row = oldest === undefined ? undefined : state.rows.get(oldest);
  if (oldest === undefined || row === undefined || state.gone.includes(oldest) || !isAtRest(row)) return;
  state.goneChart ??= row.chart;
  if (row.chart === state.goneChart) state.rows.delete(oldest);
};

/** State of an app that is not there. */
const NOT_THERE = 'absent';

const isAtRest = ({ state, owes, due }: RosterRow): boolean => state === NOT_THERE && owes === '' && due === undefined;

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
export const putRow = (state: Roster, row: RosterRow): void => {
  const there = columnsOf(state, row.stream);
  if (there !== undefined) there.columns.put({ ...row, due: row.due }, there.prefix.length);
  else state.rows.set(row.stream, row);
};

/** How many streams there are. */
export const sizeOf = ({ rows, inColumns }: Roster): number =>
  Object.values(inColumns).reduce((sum, { columns }) => sum + columns.size, rows.size);

/** The columns that a stream's row stands in; none for what is not named by a UUID. */
const columnsOf = ({ inColumns }: Roster, stream: StreamName): InColumns | undefined => {
  const there = inColumns[nounOf(stream)];
  return there !== undefined && UuidTable.holds(stream, there.prefix.length) ? there : undefined;
};

export const rosterView = (state: Roster): RosterView => {
  const { rows } = state;
  const all = Object.values(state.inColumns);
  return {
    get: (stream) => {
      const there = columnsOf(state, stream);
      return there === undefined ? rows.get(stream) : there.columns.get(stream, there.prefix);
    },
    has: (stream) => {
      const there = columnsOf(state, stream);
      return there === undefined ? rows.has(stream) : there.columns.has(stream, there.prefix.length);
    },
    *all() {
      yield* rows.values();
      for (const { columns, prefix } of all) yield* columns.all(prefix);
    },
    *active() {
      yield* activeOf(rows.values());
      for (const { columns, prefix } of all) yield* columns.active(prefix);
    },
    *kinds() {
      yield* kindsOf(rows.values());
      for (const { columns, prefix } of all) yield* columns.kinds(prefix);
    },
  };
};

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
