import { same } from '../../kernel/same.ts';
import type { PodContainer, PodDefinition } from './pod.ts';

/**
 * Whether two pods run the same: how they are looked after may differ. Checks are not compared here: those of the whole tell them.
 * @param withLabels whether anything reads the labels of containers from its environment
 */
export const sameRun = (one: PodDefinition | undefined, other: PodDefinition | undefined, withLabels: boolean): boolean => {
  const part = withLabels ? withoutCare : withoutLabels;
  return same({ ...one, containers: one?.containers.map(part) }, { ...other, containers: other?.containers.map(part) });
};

const withoutCare = ({ healthCheck: _, check: __, lifecycle: ___, ...container }: PodContainer) => container;

const withoutLabels = (container: PodContainer) => {
  const { labels: _, ...rest } = withoutCare(container);
  return rest;
};
