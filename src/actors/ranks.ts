import type { AppDefinition } from '../domain/app/definition/definition.ts';

/** Apps by their priority and role, so that those below another one are found without a look at the rest. */
export type Ranks = {
  set(app: string, definition: Pick<AppDefinition, 'priority' | 'role'> | undefined): void;
  /** Whether all have one priority and one role. */
  readonly areAlike: boolean;
  isAnyBelow(priority: number): boolean;
  /** The lowest first. */
  below(priority: number): Iterable<string>;
};

export const createRanks = (): Ranks => {
  const priorities = new Map<string, number>();
  const apps = new Map<number, Set<string>>();
  const roles = new Map<string, string>();
  const perRole = new Map<string, number>();
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

  const setRole = (app: string, role: string | undefined): void => {
    const known = roles.get(app);
    if (known === role) return;
    if (known !== undefined) {
      const left = (perRole.get(known) ?? 0) - 1;
      if (left === 0) perRole.delete(known);
      else perRole.set(known, left);
    }
    if (role === undefined) roles.delete(app);
    else {
      roles.set(app, role);
      perRole.set(role, (perRole.get(role) ?? 0) + 1);
    }
  };

  return {
    get areAlike() {
      return perRole.size < 2 && order.length < 2;
    },
    set: (app, definition) => {
      setRole(app, definition?.role);
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
