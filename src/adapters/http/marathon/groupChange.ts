import type { FastifyRequest } from 'fastify';
import { either as E } from 'fp-ts';
import type { AppDefinition } from '../../../domain/app/definition/definition.ts';
import { cycleProblem, needsOf } from '../../../domain/group/dependencies.ts';
import { type Difference, differenceOf, type Manner } from '../../../domain/group/difference.ts';
import type { GroupCommand } from '../../../domain/group/group.commands.ts';
import { ROOT_GROUP } from '../../../domain/group/group.facts.ts';
import type { Tree } from '../../../domain/group/update.ts';
import { appLocked, type Refusal } from '../../../domain/kernel/refusal.ts';
import { isoInstant } from '../../../domain/kernel/units.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import { rootOf, tryAsk } from '../ask.ts';
import { Problem, refused } from '../problem.ts';
import { warn } from '../warnings.ts';
import type { DeploymentResult } from './changes.ts';
import { withServicePorts } from './chosenPorts.ts';
import { forewarnings, lossWarnings } from './forewarnings.ts';

/** Longest time that an answer waits for a plan to have its locks, ms; what takes longer goes on without it. */
export const MAX_WAIT_FOR_LOCKS_MS = 10_000;
const LOOK_AGAIN_MS = 5;

export type TreeChange = Manner & {
  /** The group that is changed, for those who ask what the plan is about. */
  readonly group: string;
  readonly force: boolean;
  /** The tree after the change. @throws Problem for one that is not possible */
  readonly make: (tree: Tree) => Tree;
};

/** Marathon's answer, which names a deployment also where nothing had to be moved; and those that there really are. */
export type TreeResult = DeploymentResult & { readonly deployments: readonly { readonly id: string }[] };

/** Groups and definitions as they are now. */
export const treeNow = ({ views }: Pick<Engine, 'views'>): Tree => ({
  groups: new Map([...views.groups.all()].map((group) => [group.id, group])),
  members: new Map([...views.apps.all()].map(({ id, definition }) => [id, definition])),
});

/** Tells who depends on an app or pod that goes by itself. */
export const warnOfLoss = (engine: Engine, request: FastifyRequest, id: string): void => {
  if (!hasDependencies(engine)) return;
  const before = treeNow(engine);
  const members = new Map(before.members);
  members.delete(id);
  warn(request, lossWarnings(before, { ...before, members }));
};

/** Without any nothing is lost to anybody, and no tree is made to see that. */
const hasDependencies = ({ views }: Engine): boolean => {
  for (const { definition } of views.apps.all()) if (definition.dependencies.length > 0) return true;
  for (const { dependencies } of views.groups.all()) if (dependencies.length > 0) return true;
  return false;
};

/** What a change would do, without doing it. */
export const foresee = async (engine: Engine, change: TreeChange): Promise<Difference> => {
  const before = treeNow(engine);
  return withChosenPorts(engine, before, change.make(before), async (_, after) => {
    const problem = cycleProblem(needsOf([...after.members.values()], [...after.groups.values()]));
    if (problem !== undefined) throw refused(problem);
    return differenceOf(before, after, change);
  });
};

/**
 * Moves the tree to where a change wants it, by one plan. Answered when the plan has the lock of all that it moves: from then on every
 * read shows the new definitions. Changed by someone else in between, it is made once more from what is there then.
 */
export const changeTree = async (engine: Engine, request: FastifyRequest, change: TreeChange): Promise<TreeResult> => {
  const first = await tryOnce(engine, request, change);
  const answer = E.isLeft(first) && first.left.code === 'illegal-in-state' ? await tryOnce(engine, request, change) : first;
  if (E.isLeft(answer)) throw refused(answer.left);
  return answer.right;
};

const tryOnce = async (engine: Engine, request: FastifyRequest, change: TreeChange): Promise<E.Either<Refusal, TreeResult>> => {
  const { group, force, make } = change;
  const basedOn = engine.views.groups.version();
  const before = treeNow(engine);
  return withChosenPorts(engine, before, make(before), async (_, after) => {
    const { put, removed, claims, changes, steps, moves } = differenceOf(before, after, change);
    const root = rootOf(engine, request);
    const deployment = engine.ids.next();
    const command: GroupCommand = { type: 'ChangeGroup', group, put, removed, claims, changes, steps, deployment, force, basedOn };
    const locks = force ? [] : locksOn(engine, moves);
    if (locks.length > 0) {
      const why = appLocked(locks);
      await engine.recordRefusal(ROOT_GROUP, command.type, root, why);
      throw refused(why);
    }
    const written = moves.flatMap(({ after: definition }) => definition ?? []);
    warn(request, lossWarnings(before, after));
    warn(request, forewarnings(engine, written, after.members.values()));
    const answer = await tryAsk(engine, request, ROOT_GROUP, command, root);
    if (E.isLeft(answer)) return answer;
    const plan = engine.views.plans.get(deployment);
    if (plan !== undefined) await untilHeld(engine, deployment);
    return E.right({
      version: plan?.version ?? (engine.views.groups.version() || isoInstant(engine.clock.now())),
      deploymentId: deployment,
      deployments: plan === undefined ? [] : [{ id: deployment }],
    });
  });
};

/** Deployments that hold what is to be moved, each by the name under which clients know it. */
const locksOn = ({ views }: Engine, moves: Difference['moves']): readonly string[] => [
  ...new Set(
    moves.flatMap(({ id }) => {
      const held = views.apps.get(id)?.deployment;
      return held === undefined ? [] : [views.deployments.get(held)?.partOf ?? held];
    }),
  ),
];

/** Resolves once every member has taken its part of the plan, or the plan has ended otherwise. */
const untilHeld = async ({ views, clock }: Engine, plan: string): Promise<void> => {
  const isWaiting = (): boolean => {
    const { state, outcome } = views.plans.get(plan) ?? {};
    return outcome === undefined && (state === 'absent' || state === 'holding');
  };
  for (let waited = 0; isWaiting() && waited < MAX_WAIT_FOR_LOCKS_MS; waited += LOOK_AGAIN_MS)
    await new Promise<void>((resolve) => clock.schedule(LOOK_AGAIN_MS, resolve));
};

/** Only what differs needs ports: the rest has them. */
const withChosenPorts = <A>(engine: Engine, before: Tree, after: Tree, work: (before: Tree, after: Tree) => Promise<A>): Promise<A> => {
  const touched = [...after.members.values()].filter((definition) => before.members.get(definition.id) !== definition);
  return withServicePorts(engine, touched, (assigned: readonly AppDefinition[]) =>
    work(before, { ...after, members: new Map([...after.members, ...assigned.map((each) => [each.id, each] as const)]) }),
  );
};

/** Marathon empties the root without a word; here whoever means it says so. */
export const refuseToEmpty = (before: Tree, after: Tree, force: boolean): void => {
  if (force || before.members.size === 0 || after.members.size > 0) return;
  throw new Problem(409, {
    message: `This would remove all ${before.members.size} apps and pods. Override with the option '?force=true'; '?dryRun=true' shows what would go.`,
  });
};
