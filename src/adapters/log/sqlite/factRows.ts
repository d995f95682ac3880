import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';

/** Values of one row of `fact` behind its position, in the order of the schema. */
export type FactRow = readonly [
  stream: number,
  revision: number,
  type: number,
  id: Uint8Array | string,
  at: number,
  term: number,
  by: number,
  correlation: Uint8Array | string,
  causation: Uint8Array | string,
  state: number,
  owes: number,
  due: number | null,
  chart: number | null,
  trace: Uint8Array | string | null,
  data: string,
  hash: Uint8Array,
];

/** Rows in one INSERT: the statement's own cost is shared, which halves that of a row. */
const ROWS_PER_INSERT = 16;
const COLUMNS = 16;

/** Inserts facts at the end of the log, several with one statement. SQLite gives each the position behind the last one. */
export type FactRows = {
  add(row: FactRow): void;
  /** Writes the rows that still wait: before anything is read, and before the commit. */
  flush(): void;
  /** Drops the rows that still wait. */
  forget(): void;
};

export const factRowsOf = (db: DatabaseSync): FactRows => {
  const row = `(NULL${', ?'.repeat(COLUMNS)})`;
  // A violated constraint would end the whole transaction in any case; saying so spares SQLite a journal for each statement.
  const insertOf = (rows: number): StatementSync => db.prepare(`INSERT OR ROLLBACK INTO fact VALUES ${Array(rows).fill(row).join(', ')}`);
  const insertMany = insertOf(ROWS_PER_INSERT);
  const insertOne = insertOf(1);
  let values: SQLInputValue[] = [];
  return {
    add: (added) => {
      for (let i = 0; i < COLUMNS; i++) values.push(added[i] as SQLInputValue);
      if (values.length < ROWS_PER_INSERT * COLUMNS) return;
      insertMany.run(...values);
      values = [];
    },
    flush: () => {
      for (let at = 0; at < values.length; at += COLUMNS) insertOne.run(...values.slice(at, at + COLUMNS));
      values = [];
    },
    forget: () => {
      values = [];
    },
  };
};
