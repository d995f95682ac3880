import type { StoredFact, Subscription } from '../../domain/kernel/ports.ts';

/**
 * Catch-up, then live, with no gap and no duplicate: shared by every log whose appends become known in position order.
 * A subscriber reads pages until less than one is missing; while it reads that one, live facts are kept for it.
 */
export type Subscribers = {
  subscribe(after: number, onFacts: (facts: readonly StoredFact[]) => void): Promise<Subscription>;
  /** Facts that have just become durable, in position order; called before anything later is. Synchronous. */
  deliver(facts: readonly StoredFact[]): void;
  /** Whether `deliver` has anyone to deliver to. */
  any(): boolean;
};

export type SubscribersSource = {
  /** Position up to which facts were delivered. */
  head(): number;
  /** Facts with `after` < position ≤ `upTo`, in order, at most `max`. */
  read(after: number, upTo: number, max: number): Promise<readonly StoredFact[]>;
};

/** Facts in one batch of the catch-up. */
const PAGE_FACTS = 5000;

type Page = { readonly upTo: number; readonly facts: Promise<readonly StoredFact[]> };

type Subscriber = {
  readonly onFacts: (facts: readonly StoredFact[]) => void;
  /** Live facts that wait for the last page of the catch-up; undefined once live. */
  kept: StoredFact[] | undefined;
};

export const subscribersOf = ({ head, read }: SubscribersSource): Subscribers => {
  const live = new Set<Subscriber>();

  /** A subscriber that throws is a defect of its own: it is reported as uncaught, and keeps nobody else from the facts. */
  const hand = ({ onFacts }: Subscriber, facts: readonly StoredFact[]): void => {
    try {
      onFacts(facts);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  };

  return {
    any: () => live.size > 0,
    deliver: (facts) => {
      for (const subscriber of [...live]) {
        if (!live.has(subscriber)) continue;
        if (subscriber.kept === undefined) hand(subscriber, facts);
        else for (const fact of facts) subscriber.kept.push(fact);
      }
    },
    subscribe: async (after, onFacts) => {
      const subscriber: Subscriber = { onFacts, kept: undefined };
      let closed = false;
      const close = async (): Promise<void> => {
        closed = true;
        live.delete(subscriber);
      };
      let cursor = after;
      /** Read while the page before it is taken. */
      let ahead: Page | undefined;
      while (!closed) {
        const target = head();
        if (cursor >= target) break;
        const isLastPage = target - cursor <= PAGE_FACTS;
        if (isLastPage) {
          subscriber.kept = [];
          live.add(subscriber);
        }
        try {
          // The last one is read when what is committed meanwhile is kept.
          const page = isLastPage ? undefined : ahead;
          const upTo = page?.upTo ?? target;
          const facts = await (page?.facts ?? read(cursor, upTo, PAGE_FACTS));
          // Positions of what has left the log are empty.
          const reached = facts.at(-1)?.position ?? upTo;
          ahead = undefined;
          if (!isLastPage && !closed && target - reached > PAGE_FACTS) {
            ahead = { upTo: target, facts: read(reached, target, PAGE_FACTS) };
            // Whoever comes to it is told.
            ahead.facts.catch(() => {});
          }
          if (facts.length > 0) hand(subscriber, facts);
          cursor = isLastPage ? target : reached;
        } catch (error) {
          live.delete(subscriber);
          throw error;
        }
        if (!isLastPage) continue;
        const kept = subscriber.kept ?? [];
        subscriber.kept = undefined;
        if (kept.length > 0) hand(subscriber, kept);
        return { close };
      }
      live.add(subscriber);
      return { close };
    },
  };
};
