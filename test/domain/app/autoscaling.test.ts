import { describe, expect, test } from 'vitest';
import type { AppCommand } from '../../../src/domain/app/app.commands.ts';
import { appNoun } from '../../../src/domain/app/app.decider.ts';
import { autoscalingPolicy } from '../../../src/domain/autoscale/policy.facts.ts';
import { isoInstant } from '../../../src/domain/kernel/units.ts';
import { definitionOf } from '../../support/definitions.ts';
import { app as fact, V1 } from '../../support/facts.ts';
import { NOW, storiesOf } from '../../support/given.ts';

const given = storiesOf(appNoun);
const VERSION = isoInstant(NOW);
const autoscaling = autoscalingPolicy.parse({ min: 1, max: 9, targets: [{ metric: 'cpu', target: 0.5 }] });
const web = definitionOf({ autoscaling });
const readings = [{ metric: 'cpu', target: 0.5, value: 0.82, instances: 3 }] as const;
const because = 'cpu 82 % of 50 % wanted: 3 → 5';
const autoscale: AppCommand = { type: 'AutoscaleApp', instances: 5, because, readings, basedOn: V1, deployment: 'd2' };

const deploying = [fact.AppVersionAdded({ definition: web }), fact.DeploymentBegan()];
const steady = [...deploying, fact.DeploymentEnded()];
const decided = fact.AutoscaleDecided({ from: 3, to: 5, because, readings });
const added = fact.AppVersionAdded({ version: VERSION, configVersion: V1, definition: { ...web, instances: 5 }, reason: 'scale' });
const held = [...steady, fact.DeploymentBegan({ deployment: 'd9', from: { [V1]: 3 }, partOf: 'p1' })];
const { to: _, ...removal } = fact.DeploymentBegan({ deployment: 'd9', strategy: 'removal.v1', from: { [V1]: 3 } });
const removing = [...steady, removal];
const deferred = fact.AutoscaleDeferred({ from: 3, to: 5, because, deployment: 'd9' });

describe('AutoscaleApp', () => {
  test('is a scale with its reason, in one commit', () =>
    given(...steady)
      .when(autoscale)
      .then(
        decided,
        added,
        fact.DeploymentBegan({
          deployment: 'd2',
          strategy: 'rolling',
          from: { [V1]: 3 },
          to: { version: VERSION, configVersion: V1, instances: 5 },
          previous: { version: V1, configVersion: V1, instances: 3 },
        }),
      ));

  test('changes the target of a deployment to the same configuration', () =>
    given(...deploying)
      .when(autoscale)
      .then(decided, added));

  test('changes what a plan will move the app to', () =>
    given(...held)
      .when(autoscale)
      .then(decided, added));

  test('that a deployment is in the way of is told of once for that deployment', () => {
    given(...removing)
      .when(autoscale)
      .then(deferred);
    given(...removing, deferred)
      .when(autoscale)
      .silence();
  });

  test('that was decided for another version is dropped', () =>
    given(...steady)
      .when({ ...autoscale, basedOn: '2001-01-01T00:00:00.000Z' })
      .silence());

  test('of an app without a policy is dropped', () =>
    given(fact.AppVersionAdded(), fact.DeploymentBegan(), fact.DeploymentEnded()).when(autoscale).then());

  test('never wakes an app that was suspended', () =>
    given(fact.AppVersionAdded({ definition: { ...web, instances: 0 } }), fact.DeploymentBegan(), fact.DeploymentEnded({ slots: {} }))
      .when(autoscale)
      .silence());
});

test('a policy fills in its defaults', () =>
  expect(autoscaling).toMatchObject({
    intervalSeconds: 15,
    tolerance: 0.1,
    scaleUp: { cooldownSeconds: 60 },
    scaleDown: { cooldownSeconds: 300 },
  }));
