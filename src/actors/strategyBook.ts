import type { AnyStrategy } from '../domain/deployment/kit/strategy.ts';
import { learn, learnBroken } from '../domain/deployment/strategies/index.ts';
import { nounOf } from '../domain/kernel/ids.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import { STRATEGY, type StrategyFact } from '../domain/strategy/strategy.facts.ts';

/** How a recorded text becomes a strategy again. @throws Error where it does not */
export type ReadStrategy = (source: string, id: string) => AnyStrategy;

const withoutReader: ReadStrategy = () => {
  throw new Error('this engine reads no strategies of operators');
};

/**
 * Compiles the strategies that these facts register, from the recorded text and never from a file: what began by one ends by it. One that
 * can't be read any more concerns only the deployments that name it.
 */
export const learnStrategies = (batch: readonly Recorded[], read: ReadStrategy = withoutReader): void => {
  for (const recorded of batch) {
    if (nounOf(recorded.stream) !== STRATEGY) continue;
    const { id, source } = (recorded as Recorded<StrategyFact>).fact;
    learnStrategy(id, source, read);
  }
};

export const learnStrategy = (id: string, source: string, read: ReadStrategy = withoutReader): void => {
  try {
    const spec = read(source, id);
    if (spec.id !== id) throw new Error(`its text says that it is '${spec.id}'`);
    learn(spec);
  } catch (error) {
    learnBroken(id, error instanceof Error ? error.message : String(error));
  }
};
