import fc from 'fast-check';
import { expect, test } from 'vitest';
import { recreateChart, removalChart } from '../../../../src/domain/deployment/strategies/recreate.chart.ts';
import { deployment, V1, V2 } from '../../../support/facts.ts';
import { type Berth, type Quay, quayOf } from './quay.ts';

const berths = fc.array(
  fc.record({ version: fc.constantFrom(V1, V1, V2), phase: fc.constantFrom<Berth['phase']>('starting', 'ready', 'leaving') }),
  { maxLength: 6 },
);

const settle = (quay: Quay, isFine: () => void) => {
  for (let round = 0; round < 50 && !quay.isOver(); round++) {
    quay.look();
    while (quay.act() !== undefined) isFine();
    for (const berth of [...quay.berths]) {
      if (berth.phase === 'leaving') quay.berths.splice(quay.berths.indexOf(berth), 1);
      else berth.phase = 'ready';
    }
    quay.look();
  }
};

const fromOf = (there: readonly Berth[]) => {
  const from: Record<string, number> = {};
  for (const { version, phase } of there) if (phase !== 'leaving') from[version] = (from[version] ?? 0) + 1;
  return from;
};

test('recreate: none of the new starts before all of the old have gone, and it arrives', () => {
  fc.assert(
    fc.property(
      berths,
      fc.integer({ min: 0, max: 5 }),
      fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }),
      (there, instances, later) => {
        const to = { version: V2, configVersion: V2, instances };
        const quay = quayOf(
          recreateChart,
          deployment.DeploymentStarted({ from: fromOf(there), to }),
          there.map((berth) => ({ ...berth })),
        );
        const before = quay.berths.filter(({ version }) => version === V2).length;
        if (later !== undefined) quay.retarget(later);
        settle(quay, () => {
          const { length: fresh } = quay.berths.filter(({ version }) => version === V2);
          if (fresh > before) expect(quay.berths.filter(({ version }) => version !== V2)).toEqual([]);
        });
        expect(quay.state().value).toBe('releasing.done');
        expect(quay.berths).toEqual(Array.from({ length: later ?? instances }, () => ({ version: V2, phase: 'ready' })));
      },
    ),
    { numRuns: 500 },
  );
});

test('removal: everything goes, and nothing comes', () => {
  fc.assert(
    fc.property(berths, (there) => {
      const { to: _, previous: __, ...start } = deployment.DeploymentStarted({ from: fromOf(there) });
      const quay = quayOf(
        removalChart,
        start,
        there.map((berth) => ({ ...berth })),
      );
      settle(quay, () => expect(quay.berths.length).toBeLessThanOrEqual(there.length));
      expect(quay.state().value).toBe('releasing.done');
      expect(quay.berths).toEqual([]);
    }),
    { numRuns: 200 },
  );
});
