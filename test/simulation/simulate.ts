import { isoInstant } from '../../src/domain/kernel/units.ts';
import { atRest } from './atRest.ts';
import { diceOf } from './dice.ts';
import { addNode, doOne, makePeace, NODE_NAMES, pauseOf, temperOf } from './script.ts';
import { createSimulatedWorld, type SimulatedWorld, type Violation } from './world.ts';

/** Simulated time after the last fault within which everything comes to rest, ms. */
export const REST_WITHIN_MS = 20 * 60_000;
const LOOK_EVERY_MS = 15_000;
/** How many of a subject's facts a failure shows. */
const FACTS_SHOWN = 25;

export type Told = { readonly step: number; readonly at: number; readonly what: string };
export type Simulated = { readonly world: SimulatedWorld; readonly steps: readonly Told[]; readonly failure?: Failure };
export type Failure = Violation & { readonly seed: number; readonly step: number };

/** One seed, one story: the same seed gives the same facts, byte for byte. */
export const simulate = async (
  seed: number,
  options: { readonly steps?: number; readonly onStep?: (told: Told, world: SimulatedWorld) => void } = {},
): Promise<Simulated> => {
  const dice = diceOf(seed);
  const temper = temperOf(dice, options.steps ?? 60);
  const world = createSimulatedWorld({
    seed,
    profile: { startMs: [0, 3000], stopMs: [0, 800], callMs: [1, 30], unreachableAfterMs: 2000, startDeadlineMs: 30_000 },
  });
  const steps: Told[] = [];
  const tell = (what: string): void => {
    const told = { step: steps.length, at: world.clock.now(), what };
    steps.push(told);
    options.onStep?.(told, world);
  };
  const failed = (): Simulated | undefined => {
    const [violation] = world.violations;
    return violation === undefined ? undefined : { world, steps, failure: { ...violation, seed, step: steps.length - 1 } };
  };

  void world.start();
  await world.pass(0);
  for (const id of NODE_NAMES.slice(0, dice.whole(2, 5))) addNode(world, id, Number(id.slice(1)) % 2 === 0 ? 'even' : 'odd');
  await world.pass(100);
  for (let n = 0; n < temper.steps; n++) {
    if (world.engine() === undefined && !world.isStarting() && dice.chance(0.5)) {
      void world.start();
      tell('start the engine');
    } else tell(doOne(world, dice, temper));
    await world.pass(pauseOf(dice));
    world.checkStep();
    const failure = failed();
    if (failure !== undefined) return failure;
  }
  makePeace(world);
  world.kill(Number.POSITIVE_INFINITY);
  if (world.engine() === undefined && !world.isStarting()) void world.start();
  tell('peace');
  const missing = await rest(world);
  world.checkStep();
  const failure = failed();
  if (failure !== undefined || missing === undefined) return failure ?? { world, steps };
  return { world, steps, failure: { ...missing, seed, step: steps.length - 1 } };
};

/** Lets time pass until everything rests; answers with what did not in the end. */
export const rest = async (world: SimulatedWorld, withinMs = REST_WITHIN_MS): Promise<Violation | undefined> => {
  let missing: Violation | undefined;
  for (let passed = 0; passed < withinMs; passed += LOOK_EVERY_MS) {
    await world.pass(LOOK_EVERY_MS);
    missing = stillMissing(world);
    if (missing === undefined || world.violations.length > 0) return missing;
  }
  return missing;
};

const stillMissing = (world: SimulatedWorld): Violation | undefined => {
  const engine = world.engine();
  const position = world.log.head();
  if (engine === undefined) return { invariant: 'the engine starts', subject: 'lease-engine', says: 'no engine runs', position };
  for (const { sentence, check } of atRest) {
    const broken = check(world, engine);
    if (broken !== undefined) return { invariant: sentence, ...broken, position };
  }
  return undefined;
};

/** What a person needs to find the defect. */
export const describe = (failure: Failure, { world, steps }: Simulated): string => {
  const { seed, step, invariant, subject, says, position } = failure;
  const facts = world.audit.streams.get(subject)?.facts.slice(-FACTS_SHOWN) ?? [];
  return [
    `seed ${seed}, step ${step} (${steps[step]?.what}), position ${position}`,
    `broken: ${invariant}`,
    `${subject}: ${says}`,
    ...facts.map(
      ({ stored, meta }) => `  ${stored.position} ${isoInstant(meta.at)} ${stored.type} → ${meta.state} ${stored.data.slice(0, 300)}`,
    ),
    `replay: npm run sim -- ${seed}`,
  ].join('\n');
};
