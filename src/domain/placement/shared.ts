import { Candidates } from './candidates.ts';
import { Learnt } from './learnt.ts';
import type { Ledger } from './ledger.ts';
import type { Need } from './request.ts';

/** What searches over one account share: candidates by what is asked of a node, and what was learnt by all that is asked. */
export class Shared {
  readonly #ledger: Ledger;
  readonly #candidates = new Map<string, Candidates>();
  readonly #learnt = new Map<string, Learnt>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** @param field what lanes are made by */
  candidates(need: Need, field: string | undefined): Candidates {
    const key = field === undefined ? need.nodeKey : `${need.nodeKey} by ${field}`;
    return remembered(this.#candidates, key, CANDIDATES_MAX, () => new Candidates(this.#ledger, need, field));
  }

  learnt(need: Need): Learnt {
    return remembered(this.#learnt, need.key, LEARNT_MAX, () => new Learnt(this.#ledger));
  }
}

/** What was used longest ago goes when there is too much; it would only have to be made again. */
const remembered = <A>(known: Map<string, A>, key: string, most: number, make: () => A): A => {
  const found = known.get(key);
  if (found !== undefined) {
    known.delete(key);
    known.set(key, found);
    return found;
  }
  if (known.size >= most) known.delete(known.keys().next().value as string);
  const made = make();
  known.set(key, made);
  return made;
};

const CANDIDATES_MAX = 64;
const LEARNT_MAX = 256;
