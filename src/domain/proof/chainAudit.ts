import { chainHash, HASH_BYTES, type Sha256 } from '../kernel/chain.ts';
import type { StreamName } from '../kernel/ids.ts';
import { isSame } from './bytes.ts';
import type { ChainedFact } from './chained.ts';

/** One thing that is wrong with the chains, with the place where it shows. */
export type ChainFault = {
  /**
   * changed: the fact is not the one that was hashed. missing: facts of the stream before this one are gone, or stand elsewhere.
   * gap: positions before this one are gone. unreadable: the log could not be read on from here.
   */
  readonly kind: 'changed' | 'missing' | 'gap' | 'unreadable';
  readonly stream: StreamName;
  readonly revision: number;
  readonly position: number;
  readonly detail: string;
};

/** Recomputes all chains from facts in the order of the log. Keeps 36 bytes for each stream. */
export type ChainAudit = {
  take(fact: ChainedFact): void;
  facts(): number;
  streams(): number;
  /** Position of the last fact that was taken. */
  head(): number;
  /** All has been taken: positions that are empty without a reason are reported. */
  end(): void;
};

export type ChainAuditOptions = {
  readonly sha256: Sha256;
  readonly report: (fault: ChainFault) => void;
  /** Whether positions must follow each other; not in a part of a log. */
  readonly isWhole: boolean;
  /** Facts that stand in archives which can't be reached: so many positions are empty. None unless told. */
  readonly elsewhere?: number;
};

const INITIAL_STREAMS = 1024;

export const chainAudit = ({ sha256, report, isWhole, elsewhere = 0 }: ChainAuditOptions): ChainAudit => {
  const link = chainHash(sha256);
  let hashes = new Uint8Array(INITIAL_STREAMS * HASH_BYTES);
  let next = new Int32Array(INITIAL_STREAMS);
  let facts = 0;
  let streams = 0;
  let head = 0;
  let empty = 0;
  let gaps: ChainFault | undefined;
  const grow = (stream: number): void => {
    const room = Math.max(stream + 1, next.length * 2);
    const [moreHashes, moreNext] = [new Uint8Array(room * HASH_BYTES), new Int32Array(room)];
    moreHashes.set(hashes);
    moreNext.set(next);
    hashes = moreHashes;
    next = moreNext;
  };
  return {
    take: (fact) => {
      const { stream, revision, position, streamNumber, hash } = fact;
      const place = { stream, revision, position };
      if (isWhole && position !== head + 1) {
        const fault: ChainFault = { ...place, kind: 'gap', detail: gap('position', head + 1, position) };
        empty += position - head - 1;
        // Where facts are archived elsewhere, the number of all that are not here tells whether any is lost.
        if (elsewhere === 0) report(fault);
        else gaps ??= fault;
      }
      head = position;
      facts++;
      if (streamNumber >= next.length) grow(streamNumber);
      const expected = next[streamNumber] ?? 0;
      if (expected === 0) streams++;
      const previous = hashes.subarray(streamNumber * HASH_BYTES, (streamNumber + 1) * HASH_BYTES);
      if (revision !== expected) report({ ...place, kind: 'missing', detail: gap('revision', expected, revision) });
      else if (!isSame(link(previous, stream, revision, fact), hash))
        report({ ...place, kind: 'changed', detail: 'the hash of this fact and those before it is not the one that was written' });
      // The chain goes on from what is stored, so that each fault is named once and by its own place.
      if (hash.length === HASH_BYTES) previous.set(hash);
      next[streamNumber] = revision + 1;
    },
    facts: () => facts,
    streams: () => streams,
    head: () => head,
    end: () => {
      if (gaps === undefined ? elsewhere === 0 || !isWhole : empty === elsewhere) return;
      const place = gaps ?? { stream: '', revision: -1, position: head };
      report({
        ...place,
        kind: 'gap',
        detail: `${empty} positions are empty, but ${elsewhere} facts stand in archives that can't be reached`,
      });
    },
  };
};

const gap = (what: string, expected: number, found: number): string => `${what} ${expected} should stand here, but ${found} does`;
