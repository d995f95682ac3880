import { either as E } from 'fp-ts';
import { describe, expect, test } from 'vitest';
import type { AppCommand } from '../../../src/domain/app/app.commands.ts';
import { appNoun } from '../../../src/domain/app/app.decider.ts';
import type { AppFactOf } from '../../../src/domain/app/app.facts.ts';
import { deploymentPolicy } from '../../../src/domain/deployment/policy.facts.ts';
import { isoInstant } from '../../../src/domain/kernel/units.ts';
import { definitionOf } from '../../support/definitions.ts';
import { app as fact, V1 } from '../../support/facts.ts';
import { decideOn, NOW, storiesOf } from '../../support/given.ts';

const given = storiesOf(appNoun);

/** Versions are the times of their decisions. */
const VERSION = isoInstant(NOW);
const web = definitionOf();
const scaled = definitionOf({ instances: 5 });
const changed = definitionOf({ cmd: 'serve --new' });

const deploying = [fact.AppVersionAdded({ version: V1 }), fact.DeploymentBegan()];
const steady = [...deploying, fact.DeploymentEnded()];
const destroyed = [
  ...steady,
  began({ deployment: 'd9', strategy: 'removal.v1', from: { [V1]: 3 } }),
  fact.DeploymentEnded({ deployment: 'd9', slots: {} }),
  fact.AppDestroyed(),
];

function began(over: Partial<AppFactOf<'DeploymentBegan'>>): AppFactOf<'DeploymentBegan'> {
  const { to: _, ...rest } = fact.DeploymentBegan();
  return { ...rest, strategy: 'rolling', ...over };
}

const before = { version: V1, configVersion: V1, instances: 3 };
const deploy = {
  type: 'DeployApp',
  definition: web,
  reason: 'create',
  deployment: 'd2',
  mode: 'either',
  force: false,
} as const satisfies AppCommand;

describe('DeployApp', () => {
  test('a new app gets its first version and its first deployment in one commit', () =>
    given()
      .when(deploy)
      .then(
        fact.AppVersionAdded({ version: VERSION, configVersion: VERSION }),
        began({ deployment: 'd2', to: { version: VERSION, configVersion: VERSION, instances: 3 } }),
      ));

  test('a change of scale keeps the configuration version, so that no instance is replaced', () =>
    given(...steady)
      .when({ ...deploy, definition: scaled, reason: 'scale' })
      .then(
        fact.AppVersionAdded({ version: VERSION, configVersion: V1, definition: scaled, reason: 'scale' }),
        began({ deployment: 'd2', from: { [V1]: 3 }, to: { version: VERSION, configVersion: V1, instances: 5 }, previous: before }),
      ));

  test('what running instances can take up is a new version of the same configuration', () => {
    const definition = definitionOf({ labels: { team: 'other' }, backoffSeconds: 9, dependencies: ['/db'] });
    const change = { ...deploy, definition, reason: 'change' } as const;
    const to = { version: VERSION, configVersion: V1, instances: 3 };
    given(...steady)
      .when(change)
      .then(
        fact.AppVersionAdded({ version: VERSION, configVersion: V1, definition, reason: 'change' }),
        began({ deployment: 'd2', from: { [V1]: 3 }, to, previous: before }),
      );
    given(...steady)
      .when({ ...change, restart: 'marathon' })
      .then(
        fact.AppVersionAdded({ version: VERSION, configVersion: VERSION, definition, reason: 'change' }),
        began({ deployment: 'd2', from: { [V1]: 3 }, to: { ...to, configVersion: VERSION }, previous: before }),
      );
  });

  test('the definition that is there already is no news, however it is asked for', () => {
    for (const over of [{}, { force: true }, { reason: 'rollback', mode: 'change' }, { restart: 'marathon' }] as const)
      given(...steady)
        .when({ ...deploy, reason: 'change', ...over })
        .silence();
  });

  test('unknown fields are kept as they came: another value is another version', () => {
    const definition = definitionOf({ extras: { maintainer: 'me' } });
    given(...steady)
      .when({ ...deploy, definition, reason: 'change' })
      .then(
        fact.AppVersionAdded({ version: VERSION, configVersion: V1, definition, reason: 'change' }),
        began({ deployment: 'd2', from: { [V1]: 3 }, to: { version: VERSION, configVersion: V1, instances: 3 }, previous: before }),
      );
  });

  test('after a deployment that was given up, the same definition is deployed once more', () => {
    given(...deploying, fact.DeploymentEnded({ outcome: 'cancelled', slots: { [V1]: 1 } }))
      .when({ ...deploy, reason: 'change' })
      .then(
        fact.AppVersionAdded({ version: VERSION, configVersion: V1, reason: 'change' }),
        began({ deployment: 'd2', from: { [V1]: 1 }, to: { version: VERSION, configVersion: V1, instances: 3 }, previous: before }),
      );
  });

  test('any other change is a new configuration version', () =>
    given(...steady)
      .when({ ...deploy, definition: changed, reason: 'change', retire: ['i1'] })
      .then(
        fact.AppVersionAdded({ version: VERSION, configVersion: VERSION, definition: changed, reason: 'change' }),
        began({
          deployment: 'd2',
          from: { [V1]: 3 },
          to: { version: VERSION, configVersion: VERSION, instances: 3 },
          previous: before,
          retire: ['i1'],
        }),
      ));

  test('no room for a second one beside the first: all of the old go first', () => {
    const alone = definitionOf({ cmd: 'serve --alone', upgradeStrategy: { minimumHealthCapacity: 0, maximumOverCapacity: 0 } });
    given(...steady)
      .when({ ...deploy, definition: alone, reason: 'change' })
      .then(
        fact.AppVersionAdded({ version: VERSION, configVersion: VERSION, definition: alone, reason: 'change' }),
        began({
          deployment: 'd2',
          strategy: 'recreate',
          from: { [V1]: 3 },
          to: { version: VERSION, configVersion: VERSION, instances: 3 },
          previous: before,
          minimumHealthCapacity: 0,
          maximumOverCapacity: 0,
        }),
      );
  });

  test('the same deployment asked twice is one, also after it has ended', () => {
    given(...deploying)
      .when({ ...deploy, deployment: 'd1' })
      .silence();
    given(...steady)
      .when({ ...deploy, deployment: 'd1' })
      .silence();
  });

  test('while a deployment holds the lock it is refused, and the refusal names it', () => {
    const locked = given(...deploying);
    const change = { ...deploy, definition: changed, reason: 'change' } as const;
    locked.when(change).refused('app-locked');
    const decision = decideOn(appNoun as never, appNoun.charts['app.v1'] as never, locked.state, change, NOW);
    expect(E.isLeft(decision) && decision.left.details).toEqual({ deployments: [{ id: 'd1' }] });
  });

  test('a scale meanwhile is a new version, and a new target for the deployment that runs', () => {
    const scale = { ...deploy, definition: scaled, reason: 'scale' } as const;
    const added = fact.AppVersionAdded({ version: VERSION, configVersion: V1, definition: scaled, reason: 'scale' });
    given(...deploying)
      .when(scale)
      .then(added);
    given(...deploying, added)
      .when(scale)
      .silence();
  });

  test('a change in place meanwhile is a new version that the running deployment does not mind, but not of how it goes on', () => {
    const labelled = definitionOf({ labels: { team: 'other' } });
    given(...deploying)
      .when({ ...deploy, definition: labelled, reason: 'change' })
      .then(fact.AppVersionAdded({ version: VERSION, configVersion: V1, definition: labelled, reason: 'change' }));
    const slower = definitionOf({ upgradeStrategy: { minimumHealthCapacity: 0.5, maximumOverCapacity: 0 } });
    given(...deploying)
      .when({ ...deploy, definition: slower, reason: 'change' })
      .refused('app-locked');
  });

  test('what it moves to already is no news, but creating it again is refused', () => {
    given(...deploying)
      .when(deploy)
      .silence();
    given(...deploying)
      .when({ ...deploy, mode: 'create' })
      .refused('already-exists');
  });

  test('with force it takes the lock over, and starts from all that may be there', () =>
    given(...steady, began({ deployment: 'd1b', from: { [V1]: 3 }, to: { version: VERSION, configVersion: '2029', instances: 2 } }))
      .when({ ...deploy, definition: changed, reason: 'change', force: true })
      .then(
        fact.AppVersionAdded({ version: VERSION, configVersion: VERSION, definition: changed, reason: 'change' }),
        began({
          deployment: 'd2',
          from: { [V1]: 3, 2029: 2 },
          to: { version: VERSION, configVersion: VERSION, instances: 3 },
          previous: before,
          supersedes: 'd1b',
          untried: '2029',
        }),
      ));

  test('creating what is there, and changing what is not, is refused', () => {
    given(...steady)
      .when({ ...deploy, mode: 'create' })
      .refused('already-exists');
    given()
      .when({ ...deploy, mode: 'change' })
      .refused('not-found');
    given(...destroyed)
      .when({ ...deploy, mode: 'change' })
      .refused('not-found');
  });

  test('a change made from another version than the present one is refused', () => {
    given(...steady)
      .when({ ...deploy, basedOn: '2001-01-01T00:00:00.000Z' })
      .refused('illegal-in-state');
    expect(
      E.isRight(
        decideOn(appNoun as never, appNoun.charts['app.v1'] as never, given(...steady).state, { ...deploy, basedOn: V1 } as never, NOW),
      ),
    ).toBe(true);
  });

  test('two changes within one millisecond still get two versions', () => {
    const now = fact.AppVersionAdded({ version: VERSION, configVersion: VERSION });
    given(now, fact.DeploymentBegan({ to: { version: VERSION, configVersion: VERSION, instances: 3 } }))
      .when({ ...deploy, definition: changed, reason: 'change', force: true })
      .then(
        fact.AppVersionAdded({ version: isoInstant(NOW + 1), configVersion: isoInstant(NOW + 1), definition: changed, reason: 'change' }),
        began({
          deployment: 'd2',
          from: { [VERSION]: 3 },
          to: { version: isoInstant(NOW + 1), configVersion: isoInstant(NOW + 1), instances: 3 },
          previous: { version: VERSION, configVersion: VERSION, instances: 3 },
          supersedes: 'd1',
          untried: VERSION,
        }),
      );
  });
});

describe('RestartApp', () => {
  const restart = { type: 'RestartApp', deployment: 'd2', force: false } as const;
  test('is a new configuration version of the same definition', () =>
    given(...steady)
      .when(restart)
      .then(
        fact.AppVersionAdded({ version: VERSION, configVersion: VERSION, reason: 'restart' }),
        began({ deployment: 'd2', from: { [V1]: 3 }, to: { version: VERSION, configVersion: VERSION, instances: 3 }, previous: before }),
      ));
  test('of an app that is not there is refused', () => {
    given().when(restart).refused('not-found');
    given(...destroyed)
      .when(restart)
      .refused('not-found');
  });
  test('under a lock is refused', () =>
    given(...deploying)
      .when(restart)
      .refused('app-locked'));
  test('twice is once', () =>
    given(...deploying)
      .when({ ...restart, deployment: 'd1' })
      .silence());
});

describe('DestroyApp', () => {
  const destroy = { type: 'DestroyApp', deployment: 'd2', force: false } as const;
  test('is a deployment to nothing', () =>
    given(...steady)
      .when(destroy)
      .then(began({ deployment: 'd2', strategy: 'removal.v1', from: { [V1]: 3 }, previous: before })));
  test('twice is once', () =>
    given(...steady, began({ deployment: 'd2', strategy: 'removal.v1' }))
      .when(destroy)
      .silence());
  test('under a lock is refused', () =>
    given(...deploying)
      .when(destroy)
      .refused('app-locked'));
  test('of what is not there is refused', () => {
    given().when(destroy).refused('not-found');
    given(...destroyed)
      .when(destroy)
      .refused('not-found');
  });
});

describe('RevertDeployment', () => {
  const revert = { type: 'RevertDeployment', reverts: 'd1', deployment: 'd2' } as const;
  test('of a first deployment takes the app away', () =>
    given(...deploying)
      .when(revert)
      .then(began({ deployment: 'd2', strategy: 'removal.v1', from: { [V1]: 3 }, previous: before, supersedes: 'd1' })));
  test('of a later one puts the old configuration version back, so that what still runs it stays', () => {
    const second = fact.AppVersionAdded({ version: '2029', configVersion: '2029', definition: changed, reason: 'change' });
    const roll = began({
      deployment: 'd1b',
      from: { [V1]: 3 },
      to: { version: '2029', configVersion: '2029', instances: 3 },
      previous: before,
    });
    given(...steady, second, roll)
      .when({ ...revert, reverts: 'd1b', definition: web, previous: before })
      .then(
        fact.AppVersionAdded({ version: VERSION, configVersion: V1, reason: 'rollback' }),
        began({
          deployment: 'd2',
          from: { [V1]: 3, 2029: 3 },
          to: { version: VERSION, configVersion: V1, instances: 3 },
          previous: { version: '2029', configVersion: '2029', instances: 3 },
          supersedes: 'd1b',
          untried: '2029',
        }),
      );
  });
  test('twice is once', () =>
    given(...deploying, began({ deployment: 'd2', strategy: 'removal.v1', supersedes: 'd1' }))
      .when(revert)
      .silence());
  test('of a deployment that does not run is refused', () => {
    given(...steady)
      .when(revert)
      .refused('not-found');
    given(...deploying)
      .when({ ...revert, reverts: 'd0' })
      .refused('not-found');
  });
});

describe('ReportDeploymentEnded', () => {
  const ended = { type: 'ReportDeploymentEnded', deployment: 'd1', outcome: 'succeeded', slots: { [V1]: 3 } } as const;
  test('gives the lock back, with what is kept', () =>
    given(...deploying)
      .when(ended)
      .then(fact.DeploymentEnded()));
  test('keeps the newest scale, also where it came too late for the deployment to take it', () =>
    given(
      ...deploying,
      fact.AppVersionAdded({ version: '2030-01-01T00:00:00.500Z', configVersion: V1, definition: scaled, reason: 'scale' }),
    )
      .when(ended)
      .then(fact.DeploymentEnded({ slots: { [V1]: 5 } })));
  test('keeps none where the newest scale is to none', () =>
    given(
      ...deploying,
      fact.AppVersionAdded({ version: VERSION, configVersion: V1, definition: definitionOf({ instances: 0 }), reason: 'scale' }),
    )
      .when(ended)
      .then(fact.DeploymentEnded({ slots: {} })));
  test('of a removal it is the end of the app', () =>
    given(...steady, began({ deployment: 'd1', strategy: 'removal.v1' }))
      .when({ ...ended, slots: {} })
      .then(fact.DeploymentEnded({ slots: {} }), fact.AppDestroyed()));
  test('of a removal that was cancelled the app stays', () =>
    given(...steady, began({ deployment: 'd1', strategy: 'removal.v1' }))
      .when({ ...ended, outcome: 'cancelled' })
      .then(fact.DeploymentEnded({ outcome: 'cancelled' })));
  test('twice is once', () =>
    given(...steady)
      .when(ended)
      .silence());
  test('of one that was superseded is old news', () =>
    given(...deploying)
      .when({ ...ended, deployment: 'd0' })
      .silence());
});

describe('what an app owes', () => {
  const owedBy = (state: ReturnType<typeof given>['state']) =>
    appNoun.charts['app.v1']?.owed(state as never).map(({ type, params }) => ({ type, params }));
  test('its deployment, while one holds the lock', () =>
    expect(owedBy(given(...deploying).state)).toEqual([
      { type: 'deploy', params: { app: '/shop/web', began: fact.DeploymentBegan(), instances: 3 } },
    ]));
  test('else what the last one left', () =>
    expect(owedBy(given(...steady).state)).toEqual([{ type: 'want', params: { app: '/shop/web', slots: { [V1]: 3 }, retire: [] } }]));
  test('nothing, once it is gone', () => expect(owedBy(given(...destroyed).state)).toEqual([]));
});

describe('how an app is deployed', () => {
  const policy = deploymentPolicy.parse({
    strategy: 'canary',
    parameters: { steps: [{ weight: 5 }] },
    before: { cmd: './migrate' },
    maxFailures: 3,
  });
  const careful = definitionOf({ cmd: 'serve --new', deployment: policy });
  const to = { version: VERSION, configVersion: VERSION, instances: 3 };
  const plain = { ...policy, parameters: {} };
  const { strategy: _strategy, before: _before, ...calm } = plain;

  test('stands in its definition', () =>
    given(...steady)
      .when({ ...deploy, definition: careful, reason: 'change', mode: 'change' })
      .then(
        fact.AppVersionAdded({ version: VERSION, configVersion: VERSION, definition: careful, reason: 'change' }),
        began({ deployment: 'd2', strategy: 'canary', from: { [V1]: 3 }, to, previous: before, policy }),
      ));

  test('a first deployment replaces nobody and is rolled, with its deadlines but without its commands', () =>
    given()
      .when({ ...deploy, reason: 'create', mode: 'create', definition: careful })
      .then(
        fact.AppVersionAdded({ version: VERSION, configVersion: VERSION, definition: careful }),
        began({ deployment: 'd2', from: {}, to, policy: calm }),
      ));

  test('the way back to an earlier version goes through no canary', () =>
    given(...steady)
      .when({ ...deploy, definition: careful, reason: 'rollback' })
      .then(
        fact.AppVersionAdded({ version: VERSION, configVersion: VERSION, definition: careful, reason: 'rollback' }),
        began({ deployment: 'd2', strategy: 'revert', from: { [V1]: 3 }, to, previous: before, policy: { ...calm, strategy: 'revert' } }),
      ));

  test('after one that failed and went back, the app is of its old configuration again', () => {
    const second = fact.AppVersionAdded({ version: '2029', configVersion: '2029', definition: careful, reason: 'change' });
    const roll = began({
      deployment: 'd1b',
      from: { [V1]: 3 },
      to: { version: '2029', configVersion: '2029', instances: 3 },
      previous: before,
    });
    const report = { deployment: 'd1b', outcome: 'failed', slots: { [V1]: 3 }, reason: 'gate' } as const;
    given(...steady, second, roll)
      .when({ type: 'ReportDeploymentEnded', ...report, restored: { configVersion: V1, definition: web } })
      .then(
        fact.DeploymentEnded(report),
        fact.AppVersionAdded({ version: VERSION, configVersion: V1, definition: web, reason: 'rollback' }),
      );
  });
});
