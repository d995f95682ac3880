import { describe, expect, test } from 'vitest';
import { deploymentNoun, sameTallies } from '../../../src/domain/deployment/deployment.decider.ts';
import { deployment as fact, tallyOf, V1, V2 } from '../../support/facts.ts';
import { storiesOf } from '../../support/given.ts';

const { type: _, ...start } = fact.DeploymentStarted();
const { to: __, previous: ___, ...removal } = fact.DeploymentStarted();
const oldOnes = { [V1]: tallyOf({ live: 2, ready: 2 }) };
const newOnes = { [V2]: tallyOf({ live: 3, ready: 3 }) };

describe.for(['rolling.v1', 'recreate.v1'])('%s', (strategy) => {
  const given = storiesOf(deploymentNoun, strategy);
  const begun = [fact.DeploymentStarted()];
  const looked = [...begun, fact.SlotsChanged()];
  const arrived = [...looked, fact.SlotsChanged({ tallies: newOnes })];
  const cancelled = [...looked, fact.DeploymentCancelled()];
  const ended = [...arrived, fact.AppReleased()];

  describe('BeginDeployment', () => {
    const begin = { ...start, type: 'BeginDeployment', strategy } as const;
    test('starts it', () => given().when(begin).then(fact.DeploymentStarted()));
    test('twice is once, also when it is over', () => {
      given(...looked)
        .when(begin)
        .silence();
      given(...ended)
        .when(begin)
        .silence();
    });
  });

  describe('ReportSlots', () => {
    test('the first look is always worth a fact', () =>
      given(...begun)
        .when({ type: 'ReportSlots', tallies: {} })
        .then(fact.SlotsChanged({ tallies: {} })));
    test('the same again is no news', () =>
      given(...looked)
        .when({ type: 'ReportSlots', tallies: oldOnes })
        .silence());
    test('what differs is', () =>
      given(...looked)
        .when({ type: 'ReportSlots', tallies: newOnes })
        .then(fact.SlotsChanged({ tallies: newOnes })));
    test('once it has arrived it looks no more', () =>
      given(...arrived)
        .when({ type: 'ReportSlots', tallies: {} })
        .silence());
    test('the same look is news under a new target', () =>
      given(...looked, fact.TargetChanged())
        .when({ type: 'ReportSlots', tallies: oldOnes })
        .then(fact.SlotsChanged({ tallies: oldOnes })));
  });

  describe('ChangeTarget', () => {
    const change = { type: 'ChangeTarget', instances: 1 } as const;
    test('scales it on its way', () =>
      given(...looked)
        .when(change)
        .then(fact.TargetChanged()));
    test('to what it aims at is no news', () =>
      given(...looked, fact.TargetChanged())
        .when(change)
        .silence());
    test('of one that is over, or never was, is refused', () => {
      given().when(change).refused('not-found');
      given(...cancelled)
        .when(change)
        .refused('illegal-in-state');
      given(...ended)
        .when(change)
        .refused('illegal-in-state');
    });
  });

  describe('CancelDeployment', () => {
    const cancel = { type: 'CancelDeployment', reason: 'superseded' } as const;
    test('stops it where it is', () =>
      given(...looked)
        .when(cancel)
        .then(fact.DeploymentCancelled()));
    test('twice is once', () =>
      given(...cancelled)
        .when(cancel)
        .silence());
    test('of one that has arrived comes too late', () =>
      given(...arrived)
        .when(cancel)
        .silence());
    test('of one that never was is refused', () => given().when(cancel).refused('not-found'));
  });

  describe('ReportReleased', () => {
    test('ends it, one way or the other', () => {
      given(...arrived)
        .when({ type: 'ReportReleased' })
        .then(fact.AppReleased());
      expect(given(...arrived, fact.AppReleased()).state.value).toBe('succeeded');
      expect(given(...cancelled, fact.AppReleased()).state.value).toBe('cancelled');
    });
    test('twice is once', () =>
      given(...ended)
        .when({ type: 'ReportReleased' })
        .silence());
    test('before it has anything to give back it is no news', () =>
      given(...looked)
        .when({ type: 'ReportReleased' })
        .silence());
  });

  test('it owes the app its lock back, with what it left, by either end', () => {
    const releaseOf = (state: ReturnType<typeof given>['state']) =>
      deploymentNoun.charts[strategy]?.owed(state as never).map(({ params }) => params);
    expect(releaseOf(given(...arrived).state)).toEqual([{ app: '/shop/web', outcome: 'succeeded', slots: { [V2]: 3 } }]);
    expect(releaseOf(given(...cancelled).state)).toMatchObject([{ app: '/shop/web', outcome: 'cancelled' }]);
  });
});

describe('removal.v1', () => {
  const given = storiesOf(deploymentNoun, 'removal.v1');
  test('cannot be scaled', () => given(removal).when({ type: 'ChangeTarget', instances: 1 }).refused('illegal-in-state'));
  test('wants nothing from the start', () => {
    const [want] = deploymentNoun.charts['removal.v1']?.owed(given(removal).state as never) ?? [];
    expect(want?.params).toEqual({ app: '/shop/web', slots: {}, retire: [] });
  });
});

test('a new stream is folded by the strategy that its first command names', () => {
  expect(deploymentNoun.chartFor({ ...start, type: 'BeginDeployment', strategy: 'recreate.v1' })).toBe('recreate.v1');
});

test.for([
  [{}, {}, true],
  [oldOnes, { [V1]: tallyOf({ live: 2, ready: 2 }) }, true],
  [oldOnes, newOnes, false],
  [oldOnes, {}, false],
  [oldOnes, { [V1]: tallyOf({ live: 2, ready: 1 }) }, false],
  [oldOnes, { [V1]: tallyOf({ live: 2, ready: 2, failed: 1 }) }, false],
] as const)('tallies %j and %j are the same: %s', ([a, b, expected]) => {
  expect(sameTallies(a, b)).toBe(expected);
});
