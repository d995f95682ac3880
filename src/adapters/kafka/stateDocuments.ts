import { z } from 'zod';
import { slotsByVersion, target } from '../../domain/app/app.facts.ts';
import { SENSITIVE_PATHS } from '../../domain/app/definition/change.ts';
import { tally } from '../../domain/deployment/deployment.facts.ts';
import { deploymentPolicy } from '../../domain/deployment/policy.facts.ts';
import { groupForm, stepForm } from '../../domain/group/group.facts.ts';
import { nodeOffer, runtimeEndpoint } from '../../domain/node/node.facts.ts';
import { oversubscription } from '../../domain/node/oversubscription.facts.ts';
import type { AppRow, PlanRow, StrategyRow, Views } from '../../domain/ports/views.ts';
import { roleAmounts } from '../../domain/role/role.facts.ts';
import { strategyFacts } from '../../domain/strategy/strategy.facts.ts';
import { withheldAt } from './withheld.ts';

const instant = z.number().describe('ms since 1970-01-01T00:00:00Z');
const count = z.int().min(0);
const outcome = z.enum(['succeeded', 'cancelled', 'failed']);
const exit = z.object({ exitCode: z.int().optional(), signal: z.string().optional(), oom: z.boolean(), at: instant.optional() });

const app = z.object({
  id: z.string(),
  target,
  definition: z.looseObject({ id: z.string() }).describe('The newest version, less what is sensitive. That of a pod has `pod`.'),
  deployment: z.string().optional().describe('The deployment that holds its lock.'),
  held: z.boolean().optional().describe('That deployment waits for its turn in a plan.'),
  lastDeployment: z.string().optional(),
  slots: slotsByVersion,
  lastScalingAt: instant,
  lastConfigChangeAt: instant,
  autoscaled: z.object({ from: count, to: count, because: z.string(), at: instant, upAt: instant.optional() }).optional(),
});

const instance = z.object({
  id: z.string(),
  app: z.string(),
  version: z.string().describe('Configuration version.'),
  slot: count,
  attempt: count,
  owner: z.string(),
  gated: z.boolean(),
  state: z.string().describe("The chart's value, such as `running.checked.ready`."),
  since: instant,
  revision: z.int().describe("Of its stream's last fact."),
  node: z.string().optional(),
  hostPorts: z.array(z.int()),
  containerId: z.string().optional(),
  containers: z.array(z.object({ name: z.string(), id: z.string(), exit: exit.optional() })).optional(),
  ipAddresses: z.array(z.string()),
  requestedAt: instant,
  notBefore: instant.optional(),
  placedAt: instant.optional(),
  startedAt: instant.optional(),
  readyAt: instant.optional(),
  endedAt: instant.optional().describe('Of one that has ended: its last message, a tombstone follows.'),
  exit: exit.optional(),
  failure: z.object({ type: z.string(), message: z.string() }).optional(),
  stopReason: z.string().optional(),
  unhealthy: z.object({ probe: z.string(), failures: count, cause: z.string() }).optional(),
  deferred: z
    .object({
      considered: count,
      excluded: z.record(z.string(), count),
      at: instant,
      gang: z.object({ size: count, fits: count }).optional(),
    })
    .optional(),
  gang: z.object({ id: z.string(), size: count }).optional().describe('With which it is placed, all or none.'),
  nominated: z
    .object({ node: z.string(), victims: z.array(z.string()) })
    .optional()
    .describe('Where others leave for it.'),
});

const deployment = z.object({
  id: z.string(),
  app: z.string(),
  strategy: z.string(),
  state: z.string(),
  from: slotsByVersion,
  to: target.optional(),
  previous: target.optional(),
  partOf: z.string().optional().describe('The plan that it is a part of.'),
  retire: z.array(z.string()),
  tallies: z.record(z.string(), tally),
  weights: z.record(z.string(), z.number()).optional(),
  paused: z.object({ reason: z.string(), since: instant }).optional(),
  reason: z.string().optional(),
  policy: deploymentPolicy.optional(),
  startedAt: instant,
  endedAt: instant.optional().describe('Of one that has ended: its last message, a tombstone follows.'),
  outcome: outcome.optional(),
});

const node = z.object({
  id: z.string(),
  endpoint: runtimeEndpoint,
  offer: nodeOffer,
  attributes: z.record(z.string(), z.string()),
  roles: z.array(z.string()),
  region: z.string().optional(),
  zone: z.string().optional(),
  reserved: z.record(z.string(), roleAmounts).optional().describe('Kept for roles since it was added.'),
  reservations: z.record(z.string(), roleAmounts).optional().describe('Kept for roles by request, on top of those.'),
  oversubscribe: oversubscription.optional().describe('How many times over it lends what it has.'),
  warnings: z.array(z.string()),
  state: z.string(),
  reason: z.string().optional(),
  since: instant,
  losses: z.array(instant).optional().describe('When it was lost, the last few times within the window in which it may count as flapping.'),
});

const plan = z.object({
  id: z.string(),
  group: z.string(),
  version: z.string(),
  at: instant,
  force: z.boolean(),
  steps: z.array(stepForm),
  step: count.describe('The one that is under way, from 0.'),
  state: z.string(),
  changes: z.array(z.object({ id: z.string(), kind: z.enum(['app', 'pod']), reason: z.string(), removes: z.boolean() })),
  supersededBy: z.string().optional(),
  startedAt: instant,
  endedAt: instant.optional().describe('Of one that has ended: its last message, a tombstone follows.'),
  outcome: outcome.optional(),
});

/** What a present state is told of, by noun, and the shape of each: a row of the view, less what is sensitive, past or too long. */
export const STATE_DOCUMENTS = {
  app: app.describe('An app or a pod that is there.'),
  deployment: deployment.describe('A deployment that has not ended.'),
  group: groupForm.describe('A group; the root is not told.'),
  instance: instance.describe('An instance that has not ended.'),
  node: node.describe('A node of the pool.'),
  plan: plan.describe('The deployment of a group that has not ended.'),
  strategy: strategyFacts.StrategyRegistered.omit({ source: true }).extend({ at: instant }).describe('A version of a registered strategy.'),
} as const;

export type StateNoun = keyof typeof STATE_DOCUMENTS;

const appDocument = ({ versions: _, definition, ...row }: AppRow): object => ({
  ...row,
  definition: SENSITIVE_PATHS.reduce<unknown>(withheldAt, definition),
});

const planDocument = ({ changes, ...row }: PlanRow): object => ({
  ...row,
  changes: changes.map(({ id, kind, reason, definition }) => ({ id, kind, reason, removes: definition === undefined })),
});

const strategyDocument = ({ source: _, ...row }: StrategyRow): object => row;

/** What a key stands for now; undefined where it stands for nothing any more. */
export const documentOf = (views: StateViews, noun: StateNoun, id: string): object | undefined => {
  switch (noun) {
    case 'app':
      return mapped(views.apps.get(id), appDocument);
    case 'plan':
      return mapped(views.plans.get(id), planDocument);
    case 'strategy':
      return mapped(views.strategies.get(id), strategyDocument);
    case 'deployment':
      return views.deployments.get(id);
    case 'group':
      return views.groups.get(id);
    case 'instance':
      return views.instances.get(id);
    case 'node':
      return views.nodes.get(id);
  }
};

export type StateViews = Pick<Views, 'apps' | 'deployments' | 'groups' | 'instances' | 'nodes' | 'plans' | 'strategies'>;

const mapped = <A, B>(value: A | undefined, change: (value: A) => B): B | undefined => (value === undefined ? undefined : change(value));
