import type { Target } from '../../../domain/app/app.facts.ts';

export type Action = 'StartApplication' | 'ScaleApplication' | 'RestartApplication' | 'StopApplication';
export type Step = { readonly actions: readonly { readonly action: Action; readonly app: string }[] };

/** Marathon's steps of a change of one app: what it does there follows from the versions on both sides. */
export const stepsOf = (app: string, to: Target | undefined, previous: Target | undefined): readonly Step[] => {
  const step = (action: Action): Step => ({ actions: [{ action, app }] });
  if (to === undefined) return [step('StopApplication')];
  if (previous === undefined) return [step('StartApplication'), step('ScaleApplication')];
  return [step(previous.configVersion === to.configVersion ? 'ScaleApplication' : 'RestartApplication')];
};
