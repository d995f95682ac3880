import { z } from 'zod';
import type { AppDefinition } from '../app/definition/definition.ts';
import type { DeepReadonly, FactsOf } from '../kernel/forms.ts';

/** What the parser of definitions has checked before. */
const definition = z.custom<AppDefinition>((value) => typeof value === 'object' && value !== null);
const kind = z.enum(['app', 'pod']);
const outcome = z.enum(['succeeded', 'cancelled', 'failed']);

export const groupForm = z.object({
  id: z.string(),
  /** Absolute ids of apps, pods or groups that all of this group needs first. */
  dependencies: z.array(z.string()),
  /** Top-level groups only: whether the role of everything below is the group's name. */
  enforceRole: z.boolean().optional(),
});

/** One id of an app or pod, taken in the tree. */
export const memberForm = z.object({ id: z.string(), kind, dependencies: z.array(z.string()) });

const action = z.object({ action: z.enum(['Start', 'Stop', 'Scale', 'Restart']), kind, id: z.string() });
export const stepForm = z.object({ actions: z.array(action) });

/**
 * Facts of the one stream of the root group. The tree with all that holds across apps lives here: which ids are taken by what, what
 * depends on what, and which plan moves which of them. Definitions and running versions are each app's own.
 */
export const groupFacts = {
  GroupsChanged: z.object({ version: z.string(), put: z.array(groupForm), removed: z.array(z.string()) }),
  /** Ids that are taken from now on, also before the app is there; the version tells one taking from the next. */
  MembersClaimed: z.object({ version: z.string(), members: z.array(memberForm) }),
  MembersReleased: z.object({ ids: z.array(z.string()) }),
  GroupDeploymentBegan: z.object({
    deployment: z.string(),
    group: z.string(),
    version: z.string(),
    /** Takes the locks of running deployments over. */
    force: z.boolean(),
    steps: z.array(stepForm),
    /** Plans that this one takes over from. */
    supersedes: z.array(z.string()),
  }),
  /** One change of the plan before it in the stream. */
  MemberChangePlanned: z.object({
    deployment: z.string(),
    id: z.string(),
    kind,
    /** Absent where the member is to go. */
    definition: definition.optional(),
    reason: z.enum(['create', 'change', 'scale', 'restart', 'rollback']),
    /** The configuration that comes back with an old definition, so that instances which still run it stay. */
    configVersion: z.string().optional(),
    restart: z.enum(['marathon']).optional(),
    /** Instances to stop first when there are too many. */
    retire: z.array(z.string()).optional(),
  }),
  GroupDeploymentEnded: z.object({ deployment: z.string(), outcome }),
} as const;

export type GroupFact = FactsOf<typeof groupFacts>;
export type GroupFactOf<T extends GroupFact['type']> = Extract<GroupFact, { type: T }>;
export type GroupNode = DeepReadonly<z.infer<typeof groupForm>>;
export type Member = DeepReadonly<z.infer<typeof memberForm>>;
export type MemberKind = z.infer<typeof kind>;
export type PlanStep = DeepReadonly<z.infer<typeof stepForm>>;
export type PlanAction = DeepReadonly<z.infer<typeof action>>;
export type MemberChange = Omit<GroupFactOf<'MemberChangePlanned'>, 'type' | 'deployment'>;

export const GROUP = 'group';
/** There is one tree, and one stream of it. */
export const ROOT_GROUP = 'group-/';
