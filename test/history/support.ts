import { either as E } from 'fp-ts';
import type { Recorded } from '../../src/domain/kernel/recorded.ts';
import type { Past } from '../../src/domain/ports/past.ts';
import { answersOf } from '../../src/history/answers.ts';
import { arrayPast } from '../../src/history/arrayPast.ts';
import type { SimulatedWorld } from '../simulation/world.ts';

/** All that a simulated engine has recorded so far. */
export const factsOf = (world: SimulatedWorld): readonly Recorded[] => {
  const engine = world.engine();
  if (engine === undefined) throw new Error('no engine runs');
  return world.log.facts.map((stored) => engine.decode(stored));
};

export const pastOf = (world: SimulatedWorld): Past => arrayPast(factsOf(world));
export const answersIn = (world: SimulatedWorld) => answersOf(pastOf(world));

/** @throws Error with what is wrong where there is no answer */
export const told = <A>(answer: E.Either<{ readonly message: string }, A>): A => {
  if (E.isLeft(answer)) throw new Error(answer.left.message);
  return answer.right;
};
