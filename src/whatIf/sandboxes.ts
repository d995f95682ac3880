import type { PastLog } from '../domain/ports/past.ts';
import type { Sandboxes } from '../domain/ports/whatIf.ts';

/** Sandboxes on one past, for whoever answers for it. What they need is loaded with the first one. */
export const sandboxesOf = (past: PastLog): Sandboxes => ({
  whatIf: async ({ from, to, seed, strategy, weights, without, add }, onProgress) => {
    const { whatIf } = await import('./whatIf.ts');
    const changes = {
      without,
      add,
      ...(strategy !== undefined && { strategy }),
      ...(weights !== undefined && { policy: { name: 'the weights asked for', weights } }),
    };
    const { report, speed } = await whatIf(past, { from, to }, { seed, changes, onProgress });
    return { report, speed };
  },
  plan: async ({ what, of, isForGood, ...options }) => {
    const { planDrain, planLose } = await import('./plans.ts');
    return what === 'drain' ? planDrain(past, of, options) : planLose(past, of, { ...options, isForGood });
  },
});
