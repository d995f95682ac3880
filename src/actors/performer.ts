import type { Owed } from '../domain/kernel/chart/state.ts';
import type { StreamName } from '../domain/kernel/ids.ts';
import type { Cause } from './envelope.ts';
import type { Folded } from './folded.ts';

/** One owed thing, with the stream that owes it and what led to it. */
export type Debt = Owed & { readonly stream: StreamName; readonly cause: Cause };

/** Makes one kind of owed effect true. Both calls may come again for the same debt, and after a crash. */
export type Effect = {
  /** It is owed now, or owed with other params than before. */
  perform(debt: Debt): void;
  /** It is no longer owed. */
  release?(debt: Debt): void;
};

export type Performer = {
  /** The state that the log now holds owes this: performs the difference to what was owed before. */
  committed(stream: StreamName, folded: Folded, owed: readonly Owed[]): void;
  /** Everything owed right now by one stream; read again before each call to the world. */
  owedBy(stream: StreamName): readonly Debt[];
  count(): number;
};

/**
 * The only place where effects start. Live and recovery are one: after a crash nothing was owed before, so all of it is performed.
 * @throws Error at once for a kind of effect that nobody performs.
 */
export const createPerformer = (effects: Readonly<Record<string, Effect>>): Performer => {
  const debts = new Map<StreamName, readonly Debt[]>();
  const effectOf = ({ type }: Owed): Effect => {
    const effect = effects[type];
    if (effect === undefined) throw new Error(`nobody performs '${type}'`);
    return effect;
  };
  return {
    committed: (stream, { cause }, owed) => {
      const before = debts.get(stream);
      if (owed.length === 0) {
        if (before === undefined) return;
        debts.delete(stream);
        for (const debt of before) effectOf(debt).release?.(debt);
        return;
      }
      const now = owed.map(({ type, node, entryRevision, params }): Debt => ({ type, node, entryRevision, params, stream, cause }));
      debts.set(stream, now);
      for (const debt of before ?? []) if (!now.some((other) => isSameEntry(debt, other))) effectOf(debt).release?.(debt);
      for (const debt of now) {
        const known = before?.find((other) => isSameEntry(debt, other));
        if (known === undefined || JSON.stringify(known.params) !== JSON.stringify(debt.params)) effectOf(debt).perform(debt);
      }
    },
    owedBy: (stream) => debts.get(stream) ?? [],
    count: () => debts.size,
  };
};

/** Keyed by node and entry: the same state entered again owes anew. */
export const isSameEntry = (a: Owed, b: Owed): boolean => a.type === b.type && a.node === b.node && a.entryRevision === b.entryRevision;
