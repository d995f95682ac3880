import type { StrategyProblems } from '../../app/definition/parse.ts';
import { strategyCalled, strategyNames, whyBroken } from './index.ts';

/** What is wrong with how an app is to be deployed: a strategy that there is not, or parameters that it does not take. */
export const strategyProblems: StrategyProblems = ({ deployment, upgradeStrategy }) => {
  if (deployment === undefined) return [];
  const { strategy: name = 'rolling', parameters } = deployment;
  const strategy = strategyCalled(name);
  if (strategy === undefined)
    return [
      { path: '/deployment/strategy', error: whyBroken(name) ?? `there is no strategy '${name}'; there are ${strategyNames().join(', ')}` },
    ];
  const least = strategy.needs?.maximumOverCapacity ?? 0;
  const room =
    upgradeStrategy.maximumOverCapacity < least
      ? [{ path: '/upgradeStrategy/maximumOverCapacity', error: `must be ${least} for the strategy '${name}', which needs that much room` }]
      : [];
  return [...room, ...wrongParameters(strategy.parameters, parameters, name)];
};

type Parameters = NonNullable<ReturnType<typeof strategyCalled>>['parameters'];

const wrongParameters = (schema: Parameters, parameters: Readonly<Record<string, unknown>>, name: string) => {
  if (schema === undefined)
    return Object.keys(parameters).map((key) => ({
      path: `/deployment/parameters/${key}`,
      error: `the strategy '${name}' takes no parameters`,
    }));
  const read = schema.safeParse(parameters);
  if (read.success) return [];
  return read.error.issues.map(({ path, message }) => ({
    path: path.reduce<string>((at, key) => (typeof key === 'number' ? `${at}(${key})` : `${at}/${String(key)}`), '/deployment/parameters'),
    error: message,
  }));
};
