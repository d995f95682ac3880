import type { FilterName } from './filters.ts';
import type { PlacementRequest } from './request.ts';

/** One thing that somebody could change so that a node takes an instance. */
export type Change = { readonly filter: FilterName; readonly text: string } & (
  | { readonly kind: 'lower'; readonly what: Amount; readonly from: number; readonly to: number }
  | { readonly kind: 'free'; readonly what: Amount; readonly from: number; readonly to: number; readonly stop: readonly string[] }
  | { readonly kind: 'raise-max-per'; readonly constraint: Constraint; readonly to: number }
  | { readonly kind: 'drop-constraint'; readonly constraint: Constraint }
  | { readonly kind: 'drop-relations'; readonly of: 'affinity' | 'antiAffinity'; readonly apps: readonly string[] }
  | { readonly kind: 'accept-role'; readonly role: string }
  | { readonly kind: 'uncordon' | 'return' }
  | { readonly kind: 'any-port'; readonly ports: readonly number[] }
  | { readonly kind: 'stop'; readonly stop: readonly string[]; readonly ports: readonly number[] }
);

type Constraint = PlacementRequest['constraints'][number];
export type Amount = 'cpus' | 'mem' | 'disk' | 'gpus';

/** How many things must be done, and how much of what is asked for they concern. */
export const sizeOf = (change: Change): readonly [steps: number, share: number] => {
  switch (change.kind) {
    case 'lower':
      return [1, (change.from - change.to) / change.from];
    case 'free':
      return [change.stop.length, (change.to - change.from) / change.to];
    case 'stop':
      return [change.stop.length, 0.5];
    case 'uncordon':
      return [1, 0];
    case 'accept-role':
    case 'any-port':
      return [1, 0.1];
    case 'raise-max-per':
      return [1, 1 / change.to];
    case 'drop-relations':
      return [change.apps.length, 1];
    case 'return':
    case 'drop-constraint':
      return [1, 1];
  }
};

export const bySize = (a: Change, b: Change): number => {
  const [[stepsA, shareA], [stepsB, shareB]] = [sizeOf(a), sizeOf(b)];
  return stepsA - stepsB || shareA - shareB;
};
