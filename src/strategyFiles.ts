import { basename } from 'node:path';
import { either as E } from 'fp-ts';
import { bundle, type Problem, reprinted, StrategyRefused } from './adapters/strategies/bundle.ts';
import { evaluate, exportedBy } from './adapters/strategies/evaluate.ts';
import { type LoadedStrategy, loadFolder, loadStrategy, type RefusedFile } from './adapters/strategies/load.ts';
import { composeStrategy } from './domain/deployment/kit/compose.ts';
import { graphOf, mermaidOfGraph, wholeGraphOf } from './domain/deployment/kit/graph.ts';
import type { AnyStrategy } from './domain/deployment/kit/strategy.ts';
import { isBuiltIn } from './domain/deployment/strategies/index.ts';
import { mermaidOf } from './domain/kernel/chart/draw.ts';
import { ENGINE, streamOf } from './domain/kernel/ids.ts';
import { isPolicy, type PlacementPolicy, requirePolicy } from './domain/placement/policy.ts';
import type { Engine } from './domain/ports/engine.ts';
import type { StrategyCommand } from './domain/strategy/strategy.commands.ts';
import { STRATEGY, type StrategyRegistration } from './domain/strategy/strategy.facts.ts';
import * as kit from './strategy.ts';

export { bundle, type LoadedStrategy, type Problem, type RefusedFile, StrategyRefused };

/** What an explorer found: how far it went, or what goes wrong and how it came to that. */
export type Checked =
  | { readonly explored: NonNullable<StrategyRegistration['explored']> }
  | { readonly problems: readonly string[]; readonly explored?: StrategyRegistration['explored'] };
export type CheckStrategy = (strategy: LoadedStrategy) => Promise<Checked> | Checked;

const THE_KIT = Object.freeze({ ...kit });

/** A strategy from its recorded text. @throws Error where it can't be read */
export const readStrategy = (source: string, id: string): AnyStrategy => evaluate(source, THE_KIT, id);

/** A strategy from a file, by all rules. @throws StrategyRefused */
export const loadStrategyFile = (file: string): Promise<LoadedStrategy> => loadStrategy(file, THE_KIT);

/** A strategy or a placement policy from a file, by the same rules. @throws StrategyRefused */
export const loadStrategyOrPolicy = async (
  file: string,
): Promise<{ readonly policy: PlacementPolicy } | { readonly strategy: LoadedStrategy }> => {
  const exported = exportedIn(await bundle(file), file);
  if (!isPolicy(exported)) return { strategy: await loadStrategyFile(file) };
  try {
    requirePolicy(exported);
  } catch (error) {
    throw new StrategyRefused([{ where: basename(file), text: (error as Error).message }]);
  }
  return { policy: { name: basename(file).replace(/\.[jt]s$/, ''), ...exported } };
};

const exportedIn = (source: string, file: string): unknown => {
  try {
    return exportedBy(source, THE_KIT, file);
  } catch (error) {
    throw new StrategyRefused([{ where: basename(file), text: String((error as { message?: unknown })?.message ?? error) }]);
  }
};

export type RegisterOptions = {
  /** Absent: nobody explores, and each registration says so. */
  readonly check?: CheckStrategy;
  /** Names of strategies that count although they did not pass. */
  readonly allowUnchecked?: readonly string[];
};

export type Registered = {
  /** Ids that are new. */
  readonly registered: readonly string[];
  readonly refused: readonly RefusedFile[];
};

/**
 * Registers the strategies of a folder with an engine. One that is refused stops no other, and what was registered before goes on.
 * @throws Error where the folder can't be read
 */
export const registerStrategies = async (engine: Engine, folder: string, options: RegisterOptions = {}): Promise<Registered> => {
  const { loaded, refused } = await loadFolder(folder, THE_KIT);
  const registered: string[] = [];
  const turnedAway: RefusedFile[] = [...refused];
  for (const strategy of loaded) {
    const turnAway = (text: string): void => {
      turnedAway.push({ file: strategy.file, problems: [{ where: strategy.spec.id, text }] });
    };
    if (isBuiltIn(strategy.name)) {
      turnAway(`a strategy '${strategy.name}' is built in; call yours by another name`);
      continue;
    }
    if (await isKnown(engine, strategy)) continue;
    const checked = await checkedBy(strategy, options);
    if ('problems' in checked) {
      for (const problem of checked.problems) turnAway(problem);
      continue;
    }
    const { spec, name, version, source, sha256, file } = strategy;
    const { id, description } = spec;
    const command: StrategyCommand = { type: 'RegisterStrategy', id, name, version, description, sha256, source, file, ...checked };
    const body = { id, file, sha256 };
    const answer = await engine.submit(streamOf(STRATEGY, name), command, { id: engine.ids.next(), by: ENGINE, body });
    if (E.isLeft(answer)) turnAway(answer.left.message);
    else registered.push(id);
  }
  return { registered, refused: turnedAway };
};

/** Registered as it is, or as another version of the bundler writes the same. */
const isKnown = async ({ views }: Engine, { spec, sha256, source }: LoadedStrategy): Promise<boolean> => {
  const row = views.strategies.get(spec.id);
  if (row === undefined) return false;
  return row.sha256 === sha256 || (await reprinted(row.source)) === (await reprinted(source));
};

const checkedBy = async (
  strategy: LoadedStrategy,
  { check, allowUnchecked = [] }: RegisterOptions,
): Promise<Pick<StrategyRegistration, 'explored' | 'uncheckedBecause'> | { readonly problems: readonly string[] }> => {
  if (check === undefined) return { uncheckedBecause: 'nobody explores here' };
  const { name } = strategy;
  const found = await check(strategy);
  if (!('problems' in found)) return found;
  if (!allowUnchecked.includes(name)) return { problems: found.problems };
  const uncheckedBecause = `--allow-unchecked ${name}, though: ${found.problems.join(' ')}`;
  return { ...(found.explored !== undefined && { explored: found.explored }), uncheckedBecause };
};

/** A strategy drawn as an engine answers it: its author's states, and with the frame. */
export const picturesOf = (spec: AnyStrategy) => {
  const chart = composeStrategy(spec);
  const graph = graphOf(spec);
  return { graph, mermaid: mermaidOfGraph(graph), graphWhole: wholeGraphOf(spec, chart), mermaidWhole: mermaidOf(chart) };
};
