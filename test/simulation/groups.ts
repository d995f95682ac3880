import { either as E } from 'fp-ts';
import { type TreeChange, treeNow } from '../../src/adapters/http/marathon/groupChange.ts';
import { groupVersions } from '../../src/adapters/http/marathon/groupJson.ts';
import { changeIn } from '../../src/adapters/http/marathon/groupUpdate.ts';
import { wayBack } from '../../src/adapters/http/marathon/plans.ts';
import type { AppCommand } from '../../src/domain/app/app.commands.ts';
import type { AppDefinition } from '../../src/domain/app/definition/definition.ts';
import { differenceOf, memberOf } from '../../src/domain/group/difference.ts';
import type { GroupCommand } from '../../src/domain/group/group.commands.ts';
import { ROOT_GROUP } from '../../src/domain/group/group.facts.ts';
import { withoutGroup } from '../../src/domain/group/update.ts';
import { streamOf } from '../../src/domain/kernel/ids.ts';
import type { PlanCommand } from '../../src/domain/plan/plan.commands.ts';
import type { PlanRow } from '../../src/domain/ports/views.ts';
import { anyApp, anyInput, changed, changedInPlace } from './apps.ts';
import type { Dice } from './dice.ts';
import type { Deed } from './script.ts';
import type { SimulatedWorld } from './world.ts';

type Layout = { readonly id: string; readonly apps: readonly string[]; readonly groups: readonly Layout[] };

/** What may stand where. */
const LAYOUT: Layout = {
  id: '/',
  apps: ['/a', '/b'],
  groups: [
    { id: '/g', apps: ['/g/x', '/g/y'], groups: [{ id: '/g/h', apps: ['/g/h/z'], groups: [] }] },
    { id: '/k', apps: ['/k/w'], groups: [] },
  ],
};

const layouts = ({ groups, ...layout }: Layout): readonly Layout[] => [{ ...layout, groups }, ...groups.flatMap(layouts)];
const LAYOUTS = layouts(LAYOUT);
const MEMBERS = LAYOUTS.flatMap(({ apps }) => apps);
const DEPENDED_ON = [...MEMBERS, '/g', '/g/h', '/k', '/nowhere'];

const someDependencies = (dice: Dice): readonly string[] => (dice.chance(0.3) ? [dice.pick(DEPENDED_ON)] : []);

/** A body of a group as a client writes it: some of it new, some as it is, some no longer there. */
const anyBody = (world: SimulatedWorld, dice: Dice, { id, apps, groups }: Layout): Readonly<Record<string, unknown>> => ({
  id,
  ...(dice.chance(0.3) && { dependencies: someDependencies(dice) }),
  ...(dice.chance(0.8) && { apps: apps.filter(() => dice.chance(0.75)).map((app) => anyMember(world, dice, app)) }),
  ...(dice.chance(0.6) && { groups: groups.filter(() => dice.chance(0.8)).map((inner) => anyBody(world, dice, inner)) }),
});

const anyMember = (world: SimulatedWorld, dice: Dice, id: string): Readonly<Record<string, unknown>> => {
  const there = world.engine()?.views.apps.get(id)?.definition;
  const cpus = dice.pick([0.1, 0.2, 0.5]);
  const fresh = (): Readonly<Record<string, unknown>> => ({ ...anyInput(dice, id), cpus, dependencies: someDependencies(dice) });
  if (there === undefined || dice.chance(0.2)) return fresh();
  const asked = dice.pick([there, changed(dice, there), changedInPlace(dice, there), { ...there, instances: dice.whole(0, 4) }]);
  return inputOf(dice.chance(0.2) ? { ...asked, dependencies: someDependencies(dice) } : asked);
};

/** What a definition was read from, more or less: enough to be read again. */
const inputOf = (definition: AppDefinition): Readonly<Record<string, unknown>> => {
  const { constraints, ...rest } = definition;
  return JSON.parse(JSON.stringify({ ...rest, ...(constraints.length > 0 && { constraints }) })) as Readonly<Record<string, unknown>>;
};

/** Asks for a change of the tree as the API does, and goes on without waiting. */
const ask = (world: SimulatedWorld, dice: Dice, what: string, changeOf: () => TreeChange): string | undefined => {
  const engine = world.engine();
  if (engine === undefined) return undefined;
  const before = treeNow(engine);
  let difference: ReturnType<typeof differenceOf>;
  let change: TreeChange;
  try {
    change = changeOf();
    difference = differenceOf(before, change.make(before), change);
  } catch (error) {
    return `${what}: ${JSON.stringify((error as { body?: unknown }).body ?? (error as Error).message)}`;
  }
  const { put, removed, claims, changes, steps } = difference;
  const { group, force } = change;
  const isLocked = changes.some(({ id }) => engine.views.apps.get(id)?.deployment !== undefined);
  // The API looks for locks first; one that comes in between is waited for.
  if (isLocked && !force && dice.chance(0.7)) return undefined;
  const deployment = world.ids.next();
  const basedOn = dice.chance(0.97) ? engine.views.groups.version() : 'another';
  const command: GroupCommand = { type: 'ChangeGroup', group, put, removed, claims, changes, steps, deployment, force, basedOn };
  void world.submit(ROOT_GROUP, command);
  const told = steps.map(({ actions }) => actions.map(({ action, id }) => `${action} ${id}`).join(', ')).join(' | ');
  return `${what} of ${group}${force ? ' with force' : ''} as ${deployment}: ${told}`;
};

/** As the API creates an app: its id is taken first. */
export const createApp = (world: SimulatedWorld, definition: AppDefinition, force: boolean): void => {
  const claim: GroupCommand = { type: 'ClaimMembers', members: [memberOf(definition)] };
  const root = { id: world.ids.next(), by: 'operator', body: {} };
  const deployment = world.ids.next();
  void world
    .engine()
    ?.precede(ROOT_GROUP, claim, root)
    .then((claimed) => {
      if (E.isLeft(claimed)) return;
      const command: AppCommand = { type: 'DeployApp', definition, reason: 'create', deployment, mode: 'create', force };
      void world.submit(streamOf('app', definition.id), command);
    });
};

const anyPlan = (world: SimulatedWorld, dice: Dice): PlanRow | undefined => dice.pickAny(world.engine()?.views.plans.running() ?? []);

const onGroup = (
  often: number,
  what: string,
  change: (world: SimulatedWorld, dice: Dice, group: Layout) => Partial<TreeChange> & Pick<TreeChange, 'make'>,
): Deed => ({
  often,
  does: (world, dice) => {
    const group = dice.pick(LAYOUTS);
    const force = dice.chance(0.4);
    return ask(world, dice, what, () => ({ group: group.id, force, ...change(world, dice, group) }));
  },
});

const changeBy = (world: SimulatedWorld, group: string, body: Readonly<Record<string, unknown>>) => {
  const engine = world.engine();
  if (engine === undefined) throw new Error('no engine runs');
  return changeIn(engine, group, body, false, () => {});
};

export const groupDeeds: readonly Deed[] = [
  onGroup(16, 'change', (world, dice, layout) => changeBy(world, layout.id, anyBody(world, dice, layout))),
  onGroup(3, 'scale', (world, dice, { id }) => changeBy(world, id, { scaleBy: dice.pick([0, 0.5, 1.5, 2]) })),
  onGroup(3, 'roll back', (world, dice, { id }) => {
    const engine = world.engine();
    return changeBy(world, id, { version: engine && dice.pickAny(groupVersions(engine, id).slice(0, 6)) });
  }),
  onGroup(3, 'remove', (_, dice, { id }) => ({ make: (tree) => withoutGroup(id === '/' && dice.chance(0.8) ? '/k' : id, tree) })),
  onGroup(4, 'change many', (_, dice) => ({
    group: '/',
    make: ({ groups, members }) => ({
      groups,
      members: new Map([...members].map(([id, definition]) => [id, dice.chance(0.5) ? changed(dice, definition) : definition])),
    }),
  })),
  {
    often: 4,
    does: (world, dice) => {
      const plan = anyPlan(world, dice);
      if (plan === undefined) return undefined;
      const command: PlanCommand = { type: 'CancelPlan', reason: 'cancelled by request' };
      void world.submit(streamOf('plan', plan.id), command);
      return `cancel the plan ${plan.id}`;
    },
  },
  {
    often: 4,
    does: (world, dice) => {
      const [engine, plan] = [world.engine(), anyPlan(world, dice)];
      if (engine === undefined || plan === undefined) return undefined;
      return ask(world, dice, `revert the plan ${plan.id}`, () => wayBack(engine, plan));
    },
  },
  {
    often: 6,
    does: (world, dice) => {
      const id = dice.pick(MEMBERS);
      const engine = world.engine();
      if (engine === undefined || engine.views.apps.get(id) !== undefined) return undefined;
      const definition = { ...anyApp(dice, id), cpus: 0.2 };
      createApp(world, definition, dice.chance(0.3));
      return `claim and create ${id}`;
    },
  },
];
