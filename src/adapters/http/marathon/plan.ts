import type { Target } from '../../../domain/app/app.facts.ts';

type Verb = 'Start' | 'Scale' | 'Restart' | 'Stop';
/** One thing that a plan does with one app or pod, as Marathon writes it. */
export type Action =
  | { readonly action: `${Verb}Application`; readonly app: string }
  | { readonly action: `${Verb}Pod`; readonly pod: string };
/** Actions of a step run together; steps one after another. */
export type Step = { readonly actions: readonly Action[] };

/** A deployment as Marathon's API and events show it, whatever is deployed by it. */
export type Plan = { readonly id: string; readonly version: string; readonly steps: readonly Step[] };

/** What is deployed: the id, and whether it is a pod. */
export type Deployed = { readonly id: string; readonly isPod: boolean };

/** Marathon's steps of a change of one app or pod: what it does there follows from the versions on both sides. */
export const stepsOf = ({ id, isPod }: Deployed, to: Target | undefined, previous: Target | undefined): readonly Step[] => {
  const step = (verb: Verb): Step => ({
    actions: [isPod ? { action: `${verb}Pod`, pod: id } : { action: `${verb}Application`, app: id }],
  });
  if (to === undefined) return [step('Stop')];
  if (previous === undefined) return [step('Start'), step('Scale')];
  return [step(previous.configVersion === to.configVersion ? 'Scale' : 'Restart')];
};

export const affectedApps = ({ steps }: Pick<Plan, 'steps'>): readonly string[] =>
  affected(steps, (action) => ('app' in action ? [action.app] : []));

export const affectedPods = ({ steps }: Pick<Plan, 'steps'>): readonly string[] =>
  affected(steps, (action) => ('pod' in action ? [action.pod] : []));

const affected = (steps: readonly Step[], idOf: (action: Action) => readonly string[]): readonly string[] => [
  ...new Set(steps.flatMap(({ actions }) => actions.flatMap(idOf))),
];
