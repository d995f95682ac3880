/**
 * How a view's state goes into a snapshot and comes back. What is written is read in the same order. `rowEnd` is told after each row, so that
 * a long view is written and read piece by piece.
 */
export type SnapshotSink = {
  /** A whole number from 0 to 2^53 - 1. */
  uint(value: number): void;
  /** Any number. */
  number(value: number): void;
  /** A text that stands in many rows; kept once. */
  word(text: string): void;
  /** A text of one row. */
  text(text: string): void;
  /** Plain data as JSON has it, for what few rows have. */
  plain(value: unknown): void;
  /** Plain data with maps, sets and what they share, for views that are small. */
  whole(value: unknown): void;
  rowEnd(): void;
};

/** @throws Error where the bytes are none that a sink has written */
export type SnapshotSource = {
  uint(): number;
  number(): number;
  word(): string;
  text(): string;
  plain(): unknown;
  whole(): unknown;
  /** Asked after each row: whether the next one stands in a piece that has not come yet. */
  rowEnd(): boolean;
};

export type SnapshotCodec<S> = {
  write(state: S, sink: SnapshotSink): void;
  /** Yields where the next piece must come first. */
  read(source: SnapshotSource): Generator<void, S>;
};

/** For a view that is small however many instances run. */
export const wholeSnapshot = <S>(): SnapshotCodec<S> => ({
  write: (state, sink) => {
    sink.whole(state);
    sink.rowEnd();
  },
  // biome-ignore lint/correctness/useYield: it is one piece
  *read(source) {
    const state = source.whole() as S;
    source.rowEnd();
    return state;
  },
});
