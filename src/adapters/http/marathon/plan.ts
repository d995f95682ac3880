import type { Target } from '../../../domain/app/app.facts.ts';
import type { PlanStep } from '../../../domain/group/group.facts.ts';

export type Verb = 'Start' | 'Scale' | 'Restart' | 'Stop';
export type Action =
  | { readonly action: `${Verb}Application`; readonly app: string }
  | { readonly action: `${Verb}Pod`; readonly pod: string };
export type Step = { readonly actions: readonly Action[] };

/** A deployment as Marathon's API and events show it, whatever is deployed by it. */
export type Plan = { readonly id: string; readonly version: string; readonly steps: readonly Step[] };

export const actionOf = (verb: Verb, id: string, isPod: boolean): Action =>
  isPod ? { action: `${verb}Pod`, pod: id } : { action: `${verb}Application`, app: id };

/** The steps of a group's plan in Marathon's words. */
export const marathonSteps = (steps: readonly PlanStep[]): readonly Step[] =>
  steps.map(({ actions }) => ({ actions: actions.map(({ action, id, kind }) => actionOf(action, id, kind === 'pod')) }));

/** Marathon's steps of a change of one app or pod: what it does there follows from the versions on both sides. */
export const stepsOf = (id: string, to: Target | undefined, previous: Target | undefined, isPod: boolean): readonly Step[] => {
  const step = (verb: Verb): Step => ({ actions: [actionOf(verb, id, isPod)] });
  if (to === undefined) return [step('Stop')];
  if (previous === undefined) return [step('Start'), step('Scale')];
  return [step(previous.configVersion === to.configVersion ? 'Scale' : 'Restart')];
};
