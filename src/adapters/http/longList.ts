/**
 * A list in an answer that may be too long to be made in one go: the rows as they were taken, and what each of them tells, none, one or more
 * elements, asked when its turn comes. `JSON.stringify` makes it whole. It is cut into slices where it stands in the answer itself, in an
 * object there, or in an element of a list that says so (`nested`); never call on it what an array can do.
 */
export class LongList<Row = unknown> {
  readonly rows: readonly Row[];
  readonly tell: (row: Row) => readonly unknown[];
  /** Its elements may have long lists as fields. */
  readonly nested: boolean;
  /** About how many elements there are, those of nested lists among them. */
  readonly size: number;

  constructor(
    rows: readonly Row[],
    tell: (row: Row) => readonly unknown[],
    { nested = false, size = rows.length }: { readonly nested?: boolean; readonly size?: number } = {},
  ) {
    this.rows = rows;
    this.tell = tell;
    this.nested = nested;
    this.size = size;
  }

  /** The same with something else for each element. */
  map(change: (element: unknown) => unknown): LongList<Row> {
    return new LongList(this.rows, (row) => this.tell(row).map(change), this);
  }

  toJSON(): readonly unknown[] {
    return this.rows.flatMap((row) => this.tell(row));
  }
}

/** How deep in objects lists are looked for: in the answer, and in an object that is a field of it. */
const DEPTH = 2;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Elements of all long lists of an answer. */
export const longSize = (answer: unknown, depth = DEPTH): number => {
  if (answer instanceof LongList) return answer.size;
  if (depth === 0 || !isObject(answer)) return 0;
  let size = 0;
  for (const value of Object.values(answer)) if (typeof value === 'object') size += longSize(value, depth - 1);
  return size;
};

const hasList = (value: unknown, depth: number): boolean =>
  value instanceof LongList || (depth > 0 && isObject(value) && Object.values(value).some((each) => hasList(each, depth - 1)));

/** What `JSON.stringify` says of an answer, in pieces of about one element each. */
export function* piecesOf(answer: unknown, depth = DEPTH): Generator<string, void> {
  if (answer instanceof LongList) yield* elements(answer);
  else if (depth > 0 && isObject(answer) && hasList(answer, depth)) yield* fields(answer, depth);
  else yield JSON.stringify(answer);
}

function* fields(answer: Readonly<Record<string, unknown>>, depth: number): Generator<string, void> {
  let before = '{';
  for (const [name, value] of Object.entries(answer)) {
    if (value === undefined) continue;
    yield `${before}${JSON.stringify(name)}:`;
    yield* piecesOf(value, depth - 1);
    before = ',';
  }
  yield '}';
}

function* elements({ rows, tell, nested }: LongList): Generator<string, void> {
  let before = '';
  yield '[';
  for (const row of rows) {
    for (const element of tell(row)) {
      if (nested) {
        yield before;
        yield* piecesOf(element, 1);
      } else yield before + JSON.stringify(element);
      before = ',';
    }
  }
  yield ']';
}
