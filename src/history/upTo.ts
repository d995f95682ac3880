import type { Past } from '../domain/ports/past.ts';

/** A past that ends at a position: what came behind it is not known there. */
export const pastUpTo = (past: Past, position: number): Past => {
  const least = (upTo = position): number => Math.min(upTo, position);
  return {
    head: () => least(past.head()),
    positionAt: (at) => least(past.positionAt(at)),
    fact: (at) => (at <= position ? past.fact(at) : undefined),
    withId: (id) => {
      const found = past.withId(id);
      return found !== undefined && found.position <= position ? found : undefined;
    },
    causedBy: (id, upTo) => past.causedBy(id, least(upTo)),
    stream: (name, upTo) => past.stream(name, least(upTo)),
    between: (after, upTo) => past.between(after, least(upTo)),
    streamsOf: (app, upTo) => past.streamsOf(app, least(upTo)),
    requestsFor: (subject, upTo) => past.requestsFor(subject, least(upTo)),
    isVoid: past.isVoid,
    unreadable: past.unreadable,
    views: (at) => past.views(least(at)),
  };
};
