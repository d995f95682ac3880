import { expect, test } from 'vitest';
import type { Recorded } from '../../src/domain/kernel/recorded.ts';
import { type Instances, instances, instancesView } from '../../src/projections/instances.ts';

type Told = Readonly<Record<string, unknown>> & { readonly type: string };
const recorded = (id: string, fact: Told, state: string): Recorded =>
  ({ stream: `instance-${id}`, fact, revision: 0, meta: { at: 1000, state } }) as unknown as Recorded;
const requested = (id: string, slot: number) =>
  recorded(
    id,
    { type: 'InstanceRequested', app: '/web', version: 'v1', slot, attempt: 1, delayMs: 0, gated: true, owner: 'd' },
    'requested',
  );
const ill = (id: string) =>
  recorded(id, { type: 'InstanceBecameUnhealthy', probe: 'p', failures: 3, cause: 'no answer' }, 'running.checked.unhealthy');
const well = (id: string) => recorded(id, { type: 'InstanceBecameHealthy', probe: 'p' }, 'running.checked.ready');
const asked = (id: string) =>
  recorded(id, { type: 'InstanceStopRequested', reason: 'r', signal: 'SIGTERM', drainMs: 0, killAt: 0 }, 'stopping');

const tallyAfter = (...facts: readonly Recorded[]) => {
  const state: Instances = instances.initial();
  for (const fact of facts) instances.evolve(state, fact);
  return instancesView(state).tallies('/web').v1;
};

test('who fails its checks is counted among the live ones as unhealthy, until it passes them or leaves', () => {
  const both = [requested('a', 0), requested('b', 1)];
  expect(tallyAfter(...both, ill('a'), ill('b'), ill('b'))).toEqual({ live: 2, ready: 0, leaving: 0, failed: 0, unhealthy: 2 });
  expect(tallyAfter(...both, ill('a'), ill('b'), well('a'))).toEqual({ live: 2, ready: 1, leaving: 0, failed: 0, unhealthy: 1 });
  expect(tallyAfter(...both, ill('a'), ill('b'), well('a'), asked('b'))).toEqual({ live: 1, ready: 1, leaving: 1, failed: 0 });
});
