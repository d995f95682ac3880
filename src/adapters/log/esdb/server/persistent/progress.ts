/**
 * Up to where everything is done. Messages end in any order; what was read is remembered only as long as it is not done, each with the
 * place up to which everything before it was read.
 */
export type Progress = {
  /** Read behind everything that was read before. */
  begin(place: bigint): void;
  /** Up to here there is nothing more to be read, though the last of it may have been none of the group's. */
  advance(upTo: bigint): void;
  end(place: bigint): void;
  /** Everything up to here, included, is done. */
  done(): bigint;
  /** What was read and is not done. */
  open(): number;
};

export const progressFrom = (start: bigint): Progress => {
  const before = new Map<bigint, bigint>();
  let read = start;
  return {
    begin: (place) => {
      before.set(place, read);
      read = place;
    },
    advance: (upTo) => {
      if (upTo > read) read = upTo;
    },
    end: (place) => {
      before.delete(place);
    },
    done: () => {
      for (const each of before.values()) return each;
      return read;
    },
    open: () => before.size,
  };
};
