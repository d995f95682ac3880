import type { AppDefinition } from '../app/definition/definition.ts';
import { isConfigChange, type RestartRule } from '../app/definition/restarts.ts';
import { layersOf, type Needs } from './dependencies.ts';
import type { MemberKind, PlanAction, PlanStep } from './group.facts.ts';

/** One member before and after a change of a group; absent on one side where it comes or goes. */
export type MemberMove = {
  readonly id: string;
  readonly before?: AppDefinition;
  readonly after?: AppDefinition;
  readonly restart?: boolean;
};

export const kindOf = ({ pod }: Pick<AppDefinition, 'pod'>): MemberKind => (pod === undefined ? 'app' : 'pod');

/**
 * Marathon's plan (`DeploymentPlan` of 1.11): what goes stops first; what is new starts at scale 0; then layer by layer, in the order of
 * what needs what, each is scaled or restarted. Actions of a step run side by side, steps strictly one after the other.
 * @param needs dependencies among all members after the change, as `needsOf` says.
 * @param rule which changes restart a member
 */
export const planSteps = (moves: readonly MemberMove[], needs: Needs, rule?: RestartRule): readonly PlanStep[] => {
  const byId = new Map(moves.map((move) => [move.id, move]));
  const stops = moves.filter(({ after }) => after === undefined).map((move) => actionOf('Stop', move));
  const starts = moves.filter(({ before }) => before === undefined).map((move) => actionOf('Start', move));
  const staying = moves.filter(({ after }) => after !== undefined).map(({ id }) => id);
  const layers = layersOf(staying, needs).map((ids) => ids.flatMap((id) => moveAction(byId.get(id), rule)));
  return [stops, starts, ...layers].filter((actions) => actions.length > 0).map((actions) => ({ actions }));
};

const moveAction = (move: MemberMove | undefined, rule: RestartRule | undefined): readonly PlanAction[] => {
  if (move?.after === undefined) return [];
  const restarts = move.before !== undefined && (move.restart === true || isConfigChange(move.before, move.after, rule));
  return [actionOf(restarts && move.after.instances > 0 ? 'Restart' : 'Scale', move)];
};

const actionOf = (action: PlanAction['action'], { id, before, after }: MemberMove): PlanAction => ({
  action,
  kind: kindOf(after ?? before ?? {}),
  id,
});
