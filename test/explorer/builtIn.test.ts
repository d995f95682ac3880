import { expect, test } from 'vitest';
import { builtIn } from '../../src/domain/deployment/strategies/index.ts';
import { type CheckOptions, checkStrategy } from '../../src/explorer/check.ts';

const gates = [{ kind: 'errorRate', name: 'errors', max: 0.05 }];
const half = { minimumHealthCapacity: 0.5, maximumOverCapacity: 0 };

const ways: readonly (readonly [strategy: string, how: string, options: CheckOptions])[] = [
  ['rolling', 'as it is', { instances: 3 }],
  ['rolling', 'with two faults', { instances: 1, faults: 2, starts: ['whole'] }],
  ['rolling', 'in batches of one, each approved', { parameters: { batchSize: 1, approveEach: true } }],
  ['rolling', 'with rests between batches', { parameters: { batchSize: 1, pauseSeconds: 60 }, starts: ['mixed'] }],
  ['rolling', 'with half of them and nobody on top', half],
  ['rolling', 'with neither room above nor below', { maximumOverCapacity: 0 }],
  [
    'rolling',
    'with deadlines and failures that count',
    { policy: { healthyDeadlineSeconds: 60, progressDeadlineSeconds: 60, maxFailures: 1 } },
  ],
  ['rolling', 'with commands before and after', { policy: { before: { cmd: 'true' }, after: { cmd: 'true' } } }],
  ['rolling', 'without a way back', { policy: { rollback: false } }],
  ['recreate', 'as it is', { instances: 3 }],
  ['recreate', 'with two faults', { faults: 2 }],
  ['bluegreen', 'as it is', { starts: ['whole'] }],
  [
    'bluegreen',
    'approved, judged and kept',
    { parameters: { approve: true, gates, bakeSeconds: 60, keepSeconds: 600 }, starts: ['whole'] },
  ],
  ['canary', 'as it is', { starts: ['whole'], parameters: { steps: [{ weight: 10 }, { weight: 50 }] } }],
  ['canary', 'with gates and approvals', { starts: ['whole'], parameters: { steps: [{ weight: 50, approve: true }], gates } }],
  ['canary', 'with half of them and nobody on top', { ...half, starts: ['whole'], parameters: { steps: [{ weight: 50 }] } }],
  ['ab', 'as it is', { starts: ['whole'] }],
  ['ab', 'with half of them and nobody on top', { ...half, starts: ['whole'] }],
  ['ab', 'when the new version wins by default', { starts: ['whole'], parameters: { instances: 1, atDeadline: 'new' } }],
];

test.for(ways)('%s, %s, breaks no rule on any way', { timeout: 120_000 }, ([strategy, , options]) => {
  const spec = builtIn.find(({ id }) => id.startsWith(`${strategy}.`));
  if (spec === undefined) throw new Error(`there is no ${strategy}`);
  const report = checkStrategy(spec, { instances: 2, ...options });
  console.info(report.says);
  expect(report.violation?.story.join('\n') ?? '').toBe('');
  expect(report.verdict).toBe('passes');
});
