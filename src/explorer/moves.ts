import type { DeploymentCommand } from '../domain/deployment/deployment.commands.ts';
import type { DeploymentFact } from '../domain/deployment/deployment.facts.ts';
import type { Broken } from './rules.ts';
import type { AnyChart, World } from './world.ts';
import { tell } from './world.ts';

export type Party = 'Operator' | 'Strategy' | 'Conductor' | 'Hosts' | 'Balancer' | 'Engine';

/** One thing that can happen next. */
export type Move = {
  /** What it is, whichever instance it befalls: those that stay possible for ever happen some day. */
  readonly kind: string;
  readonly from: Party;
  readonly to: Party;
  readonly says: () => string;
  readonly next: World;
  /** It happens by itself sooner or later, when there are no faults and people do what they are asked. */
  readonly isFair: boolean;
  /** Instances are asked for by it. */
  readonly starts?: number;
  /** The rule that it breaks. */
  readonly broken?: Broken;
};

/** A move that is a command to the deployment; none where it changes nothing. */
export const telling = (
  chart: AnyChart,
  world: World,
  command: DeploymentCommand,
  move: Omit<Move, 'next' | 'to'>,
  patch: Partial<World> = {},
  at?: number,
): readonly Move[] => {
  const { world: next, facts } = tell(chart, { ...world, ...patch }, command, at);
  const isNews = facts.length > 0;
  if (!isNews && Object.keys(patch).length === 0) return [];
  return [{ ...move, to: 'Strategy', next, says: () => `${move.says()}${isNews ? outcome(world, next, facts) : ', which is no news'}` }];
};

const outcome = (before: World, { deployment }: World, facts: readonly DeploymentFact[]): string => {
  const [was, is] = [before.deployment.value, deployment.value];
  const names = facts.map(({ type }) => type).join(', ');
  return was === is ? ` (${names}; it stays in '${is}')` : ` (${names}; it goes from '${was}' to '${is}')`;
};
