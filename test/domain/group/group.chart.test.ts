import { expect, test } from 'vitest';
import { type GroupContext, groupChart } from '../../../src/domain/group/group.chart.ts';
import type { GroupFact } from '../../../src/domain/group/group.facts.ts';
import type { ChartState } from '../../../src/domain/kernel/chart/state.ts';
import { evolve } from '../../../src/domain/kernel/decider.ts';

type State = ChartState<GroupContext>;

const claimed = (n: number): GroupFact => ({
  type: 'MembersClaimed',
  version: `v${n}`,
  members: [{ id: `/g${n}/app`, kind: 'app', dependencies: [] }],
});
const changed = (id: string): GroupFact => ({ type: 'GroupsChanged', version: 'v', put: [{ id, dependencies: ['/other'] }], removed: [] });
const removed = (id: string): GroupFact => ({ type: 'GroupsChanged', version: 'v', put: [], removed: [id] });

test('a fact about one app or group copies a small part of a large tree, whatever has come before', () => {
  const apply = (state: State, fact: GroupFact): State => evolve(groupChart, state, fact, 0);
  const large = Array.from({ length: 2_000 }, (_, n) => claimed(n)).reduce(apply, groupChart.initial());
  for (const fact of [claimed(2_000), changed('/g7'), removed('/g7')]) {
    const { groups, members } = apply(large, fact).context;
    const copied = [
      ...groups.filter((shard, nth) => shard !== large.context.groups[nth]),
      ...members.filter((shard, nth) => shard !== large.context.members[nth]),
    ];
    expect(copied.flatMap((shard) => Object.keys(shard)).length, fact.type).toBeLessThan(100);
  }
});
