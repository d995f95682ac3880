import type { AppDefinition } from '../domain/app/definition/definition.ts';

/** Apps by their priority, so that those below another one are found without a look at the rest. */
export type Ranks = {
  set(app: string, definition: Pick<AppDefinition, 'priority'> | undefined): void;
  isAnyBelow(priority: number): boolean;
  /** The lowest first. */
  below(priority: number): Iterable<string>;
};

export const createRanks = (): Ranks => {
  const priorities = new Map<string, number>();
  const apps = new Map<number, Set<string>>();
  /** Priorities that there are, ascending. */
  let order: readonly number[] = [];

  const leave = (app: string): void => {
    const known = priorities.get(app);
    if (known === undefined) return;
    priorities.delete(app);
    const beside = apps.get(known);
    beside?.delete(app);
    if (beside?.size !== 0) return;
    apps.delete(known);
    order = order.filter((each) => each !== known);
  };

  return {
    set: (app, definition) => {
      const priority = definition === undefined ? undefined : (definition.priority ?? 0);
      if (priorities.get(app) === priority) return;
      leave(app);
      if (priority === undefined) return;
      priorities.set(app, priority);
      const beside = apps.get(priority);
      if (beside !== undefined) beside.add(app);
      else {
        apps.set(priority, new Set([app]));
        order = [...order, priority].sort((a, b) => a - b);
      }
    },
    isAnyBelow: (priority) => (order[0] ?? Number.POSITIVE_INFINITY) < priority,
    below: function* (priority) {
      for (const each of order) {
        if (each >= priority) return;
        yield* apps.get(each) ?? [];
      }
    },
  };
};
