import { expect, it } from 'vitest';
import type { DiscoveryView } from '../../src/domain/ports/views.ts';
import { recordedOf } from '../../src/domain/recordedOf.ts';
import { closedSealer } from '../../src/history/asOf/sealedTexts.ts';
import { createViews } from '../../src/projections/views.ts';
import { historyNames, storedHistory } from '../support/histories.ts';

const told = ({ ready }: DiscoveryView): unknown =>
  [...ready()].map(({ app, ready }) => [app, [...ready].sort()] as const).sort(([a], [b]) => (a < b ? -1 : 1));

it.each(historyNames())('who is found by name in the history %s is the same whenever it was asked for first', (name) => {
  const facts = storedHistory(name).map((stored) => recordedOf(stored, closedSealer));
  const [early, late] = [createViews(), createViews()];
  expect(told(early.discovery)).toEqual([]);
  early.take(facts.slice(0, facts.length >> 1));
  late.take(facts.slice(0, facts.length >> 1));
  expect(told(late.discovery)).toEqual(told(early.discovery));
  for (const fact of facts) {
    early.take([fact]);
    late.take([fact]);
  }
  expect(told(late.discovery)).toEqual(told(early.discovery));
  for (const { id } of early.instances.all()) expect(late.discovery.tasksOf(id)).toEqual(early.discovery.tasksOf(id));
});
