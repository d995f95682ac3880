import type { LoadedStrategy } from '../../strategyFiles.ts';
import { CliFailure } from './failure.ts';

/** The strategy in a file, by all rules. @throws CliFailure with file, line and rule of whatever is wrong with it */
export const strategyIn = async (file: string): Promise<LoadedStrategy> => {
  // Loaded here, so that no other command waits for the kit.
  const { loadStrategyFile, StrategyRefused } = await import('../../strategyFiles.ts');
  try {
    return await loadStrategyFile(file);
  } catch (error) {
    if (!(error instanceof StrategyRefused)) throw error;
    throw new CliFailure(`${file} is no strategy that runs here`, {
      details: error.problems.map(({ where, text }) => `${where}: ${text}`),
    });
  }
};
