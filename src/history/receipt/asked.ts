import { streamOf } from '../../domain/kernel/ids.ts';
import type { Recorded } from '../../domain/kernel/recorded.ts';
import type { Past } from '../../domain/ports/past.ts';
import type { AskedBy } from '../../domain/ports/receipt.ts';
import { REQUEST, type RequestFact } from '../../domain/request/request.ts';

/** Who asked for what a fact began: the request that it goes back to, or whoever led to the fact where there was none. */
export const askedBy = (past: Past, began: Recorded): AskedBy => {
  const [asked] = past.stream(streamOf(REQUEST, began.meta.correlationId));
  const { meta, position } = asked ?? began;
  return {
    ...(asked !== undefined && { request: began.meta.correlationId, command: (asked.fact as RequestFact).command }),
    by: meta.by,
    at: meta.at,
    position,
  };
};
