import type { Instant, Millis } from '../domain/kernel/units.ts';
import type { PlacementPolicy } from '../domain/placement/policy.ts';
import type { PastLog } from '../domain/ports/past.ts';
import type { Closeness, Speed } from '../domain/ports/whatIf.ts';
import { whatIf } from './whatIf.ts';

export type WhatIfSpeed = Speed & {
  /** Real time that was spent on folding views and reading what was recorded, ms. */
  readonly preparedMs: Millis;
  /** Facts that were recorded in the span, and that the two sandboxes appended in it. */
  readonly recorded: number;
  readonly appended: number;
  readonly requests: number;
  readonly moved: number;
  readonly closeness: Pick<Closeness, 'placements' | 'equal' | 'share'>;
};

const PACKED: PlacementPolicy = { name: 'pack', weights: { pack: 1 } };

/** How fast a span of a log is tried with another placement policy: what a bench prints. */
export const whatIfSpeed = async (
  past: PastLog,
  { from, spanMs, policy = PACKED }: { readonly from: Instant; readonly spanMs: Millis; readonly policy?: PlacementPolicy },
): Promise<WhatIfSpeed> => {
  const to = from + spanMs;
  const span = { from: { position: past.positionAt(from), at: from }, to: { position: past.positionAt(to), at: to } };
  const begun = performance.now();
  const { report, speed, facts } = await whatIf(past, span, { changes: { policy } });
  const { placements, equal, share } = report.closeness;
  return {
    ...speed,
    preparedMs: performance.now() - begun - speed.wallMs - speed.startMs,
    recorded: span.to.position - span.from.position,
    appended: facts.baseline.length + facts.whatIf.length,
    requests: report.requests,
    moved: report.placements.moved.length,
    closeness: { placements, equal, share },
  };
};
