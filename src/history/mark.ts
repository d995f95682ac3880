import { streamOf } from '../domain/kernel/ids.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import type { Mark } from '../domain/ports/difference.ts';
import type { Past } from '../domain/ports/past.ts';
import { REQUEST } from '../domain/request/request.ts';

export type Marker = (recorded: Recorded) => Mark;

/** Points at facts with who led to them; a request is looked for once. */
export const markerOf = (past: Past): Marker => {
  const known = new Map<string, boolean>();
  const isRequest = (id: string): boolean => {
    const there = known.get(id) ?? past.stream(streamOf(REQUEST, id)).length > 0;
    known.set(id, there);
    return there;
  };
  return ({ position, stream, fact, meta }) => ({
    position,
    at: meta.at,
    stream,
    type: fact.type,
    by: meta.by,
    ...(isRequest(meta.correlationId) && { request: meta.correlationId }),
  });
};
