import { z } from 'zod';
import { ABOUT_THE_NODE, constraintError } from './constraintRules.ts';
import type { AppConstraint, AppDefinition } from './definition.ts';
import { isPathId } from './pathId.ts';
import { POLICIES, type PolicyName } from './policyName.ts';
import type { Violations } from './violations.ts';

/** Most rules of one kind that an app may have. */
export const RULES_MAX = 32;
/** Heaviest that a wish may weigh; the lightest weighs 1. */
export const WEIGHT_MAX = 100;
/** Most instances of an app that are placed all or none. */
export const GANG_MAX = 10_000;

/** Every app below a group is meant by the group's id with this behind it. */
export const BELOW = '/*';

const weight = z.int().min(1).max(WEIGHT_MAX);
const isRelated = (id: string): boolean => id.startsWith('/') && (id === BELOW || isPathId(id.endsWith(BELOW) ? id.slice(0, -2) : id));

/** Another app, or the app itself: beside whom, or apart from whom, an instance is to stand. */
const relation = z.strictObject({
  app: z.string().max(1024).refine(isRelated, `must be the absolute id of an app, or of a group with ${BELOW} behind it`),
  /** Beside and apart are judged by the value that this has on the node, as in a constraint. */
  field: z.string().min(1).max(256).default('@hostname'),
  /** How much it is wished for; must be kept where absent. */
  weight: weight.optional(),
});

const preferred = z
  .array(z.string())
  .transform(([field = '', operator = '', ...value]) => [field, operator.toUpperCase(), ...value])
  .superRefine((constraint, context) => {
    const error = constraintError(constraint);
    if (error !== undefined) context.addIssue({ code: 'custom', message: error });
  })
  .transform((constraint) => constraint as unknown as AppConstraint);

/** Where the instances of an app are put, as far as `constraints` do not say it: the field `placement` of its definition. */
export const appPlacement = z.strictObject({
  /** How the best of the nodes that would do is chosen; as everywhere in the cluster where absent. */
  policy: z.enum(POLICIES).optional(),
  affinity: z.array(relation).max(RULES_MAX).default([]),
  antiAffinity: z.array(relation).max(RULES_MAX).default([]),
  /** Constraints that are kept where it is possible. */
  prefer: z
    .array(z.strictObject({ constraint: preferred, weight }))
    .max(RULES_MAX)
    .default([]),
  /** Instances that are asked for at once are placed all or none. */
  gang: z.boolean().default(false),
});

export type AppPlacement = {
  readonly policy?: PolicyName;
  readonly affinity: readonly Relation[];
  readonly antiAffinity: readonly Relation[];
  readonly prefer: readonly Preference[];
  readonly gang: boolean;
};
export type Relation = { readonly app: string; readonly field: string; readonly weight?: number };
export type Preference = { readonly constraint: AppConstraint; readonly weight: number };

/** Whether an app is meant by the `app` of a rule. */
export const isMeant = (rule: string, app: string): boolean => (rule.endsWith(BELOW) ? app.startsWith(rule.slice(0, -1)) : rule === app);

export const checkPlacement = ({ placement, perNode, instances }: AppDefinition, found: Violations): void => {
  if (placement === undefined) return;
  const { affinity, antiAffinity, prefer, gang } = placement;
  antiAffinity.forEach((apart, nth) => {
    const beside = affinity.findIndex(
      ({ app, field, weight }) => weight === undefined && apart.weight === undefined && app === apart.app && field === apart.field,
    );
    if (beside !== -1) found.add(`/placement/antiAffinity(${nth})`, `contradicts affinity ${beside}: no node can satisfy both`);
  });
  if (gang && instances > GANG_MAX) found.add('/placement/gang', `is for ${GANG_MAX} instances at most`);
  if (perNode !== true) return;
  if (gang) found.add('/placement/gang', 'must not be set for an app on every node: each node has its own');
  prefer.forEach(({ constraint: [, operator] }, nth) => {
    if (!ABOUT_THE_NODE.has(operator))
      found.add(`/placement/prefer(${nth})/constraint`, `an app on every node takes only ${[...ABOUT_THE_NODE].join(', ')}`);
  });
};
