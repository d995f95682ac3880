import { nounOf } from '../../domain/kernel/ids.ts';
import type { Recorded } from '../../domain/kernel/recorded.ts';
import type { NewPath } from '../../domain/ports/timeline.ts';

type Step = Omit<NewPath, 'count' | 'first'>;

/** Collects steps of charts, stream by stream, and tells those that were taken behind a position and never up to it. */
export const createPaths = (after: number) => {
  const before = new Set<string>();
  const since = new Map<string, { count: number; readonly step: Step; readonly first: Recorded }>();
  return {
    take: (facts: readonly Recorded[]): void => {
      const chart = facts.at(0)?.meta.chart;
      let from = '';
      for (const recorded of facts) {
        const { stream, fact, meta, position } = recorded;
        const noun = nounOf(stream);
        const step: Step = {
          noun,
          ...(noun === 'deployment' && chart !== undefined && { chart }),
          from,
          to: meta.state,
          type: fact.type,
        };
        from = meta.state;
        const key = JSON.stringify([noun, step.chart ?? '', step.from, step.to, step.type]);
        if (position <= after) {
          before.add(key);
          continue;
        }
        const known = since.get(key);
        if (known === undefined) since.set(key, { count: 1, step, first: recorded });
        else since.set(key, { ...known, count: known.count + 1, first: position < known.first.position ? recorded : known.first });
      }
    },
    /** In the order in which they were first taken; undefined where nothing was taken before. */
    fresh: (): readonly NewPath[] | undefined =>
      before.size === 0
        ? undefined
        : [...since]
            .filter(([key]) => !before.has(key))
            .map(
              ([
                ,
                {
                  count,
                  step,
                  first: { stream, position, meta },
                },
              ]) => ({ ...step, count, first: { stream, position, at: meta.at } }),
            )
            .sort((a, b) => a.first.position - b.first.position),
  };
};
