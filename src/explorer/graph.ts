/** Edges between numbered states, kept in few bytes each. */
export class Edges {
  #from = new Int32Array(1 << 16);
  #to = new Int32Array(1 << 16);
  #label = new Uint16Array(1 << 16);
  #count = 0;

  add(from: number, to: number, label: number): void {
    if (this.#count === this.#from.length) this.#grow();
    this.#from[this.#count] = from;
    this.#to[this.#count] = to;
    this.#label[this.#count] = label;
    this.#count += 1;
  }

  #grow(): void {
    const grown = <A extends Int32Array | Uint16Array>(old: A, fresh: A): A => {
      fresh.set(old);
      return fresh;
    };
    const length = this.#count * 2;
    this.#from = grown(this.#from, new Int32Array(length));
    this.#to = grown(this.#to, new Int32Array(length));
    this.#label = grown(this.#label, new Uint16Array(length));
  }

  /** Edges by state: those that go out of it, or with `isReversed` those that come in. */
  by(states: number, isReversed: boolean): Adjacency {
    const [near, far] = isReversed ? [this.#to, this.#from] : [this.#from, this.#to];
    const first = new Int32Array(states + 1);
    for (let edge = 0; edge < this.#count; edge++) first[(near[edge] as number) + 1] = (first[(near[edge] as number) + 1] as number) + 1;
    for (let state = 0; state < states; state++) first[state + 1] = (first[state + 1] as number) + (first[state] as number);
    const next = first.slice();
    const [ends, labels] = [new Int32Array(this.#count), new Uint16Array(this.#count)];
    for (let edge = 0; edge < this.#count; edge++) {
      const at = next[near[edge] as number] as number;
      next[near[edge] as number] = at + 1;
      ends[at] = far[edge] as number;
      labels[at] = this.#label[edge] as number;
    }
    return { first, ends, labels };
  }
}

/** The edges of state `n` stand from `first[n]` to before `first[n + 1]`. */
export type Adjacency = { readonly first: Int32Array; readonly ends: Int32Array; readonly labels: Uint16Array };

/** Which states can reach one of `goals`, by the edges that come in. */
export const reaching = (incoming: Adjacency, goals: Iterable<number>): Uint8Array => {
  const reached = new Uint8Array(incoming.first.length - 1);
  const waiting = [...goals];
  for (const goal of waiting) reached[goal] = 1;
  for (let state = waiting.pop(); state !== undefined; state = waiting.pop()) {
    for (let edge = incoming.first[state] as number; edge < (incoming.first[state + 1] as number); edge++) {
      const before = incoming.ends[edge] as number;
      if (reached[before] === 1) continue;
      reached[before] = 1;
      waiting.push(before);
    }
  }
  return reached;
};

/** Sets of states that can all reach each other, with a cycle in each (Tarjan, without recursion). */
export const cycles = (outgoing: Adjacency): readonly (readonly number[])[] => {
  const { first, ends } = outgoing;
  const count = first.length - 1;
  const [index, low] = [new Int32Array(count).fill(-1), new Int32Array(count)];
  const isOpen = new Uint8Array(count);
  const next = first.slice(0, count);
  const [open, path, found]: [number[], number[], number[][]] = [[], [], []];
  let clock = 0;
  for (let root = 0; root < count; root++) {
    if (index[root] !== -1) continue;
    path.push(root);
    while (path.length > 0) {
      const state = path.at(-1) as number;
      if (index[state] === -1) {
        index[state] = clock;
        low[state] = clock;
        clock += 1;
        open.push(state);
        isOpen[state] = 1;
      }
      const edge = next[state] as number;
      if (edge < (first[state + 1] as number)) {
        next[state] = edge + 1;
        const end = ends[edge] as number;
        if (index[end] === -1) path.push(end);
        else if (isOpen[end] === 1) low[state] = Math.min(low[state] as number, index[end] as number);
        continue;
      }
      path.pop();
      const above = path.at(-1);
      if (above !== undefined) low[above] = Math.min(low[above] as number, low[state] as number);
      if (low[state] !== index[state]) continue;
      const members: number[] = [];
      for (let member = -1; member !== state; ) {
        member = open.pop() as number;
        isOpen[member] = 0;
        members.push(member);
      }
      if (members.length > 1 || hasEdgeToItself(outgoing, state)) found.push(members);
    }
  }
  return found;
};

const hasEdgeToItself = ({ first, ends }: Adjacency, state: number): boolean => {
  for (let edge = first[state] as number; edge < (first[state + 1] as number); edge++) if (ends[edge] === state) return true;
  return false;
};
