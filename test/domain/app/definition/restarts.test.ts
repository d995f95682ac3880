import { describe, expect, test } from 'vitest';
import type { AppDefinition } from '../../../../src/domain/app/definition/definition.ts';
import { appPlacement } from '../../../../src/domain/app/definition/placement.ts';
import { isConfigChange } from '../../../../src/domain/app/definition/restarts.ts';
import { completeRoute } from '../../../../src/domain/app/definition/routes.ts';
import { autoscalingPolicy } from '../../../../src/domain/autoscale/policy.facts.ts';
import { deploymentPolicy } from '../../../../src/domain/deployment/policy.facts.ts';
import { httpCheck, readinessCheck } from '../../../actors/prober/world.ts';
import { definitionOf } from '../../../support/definitions.ts';

type Rows = {
  readonly [K in keyof Required<AppDefinition>]: { readonly to: AppDefinition[K]; readonly needed: boolean; readonly marathon: boolean };
};

const both = { needed: true, marathon: true };
const marathonOnly = { needed: false, marathon: true };
const neither = { needed: false, marathon: false };

/** One change of every field there is, and whom it restarts. */
const ROWS: Rows = {
  id: { to: '/shop/other', ...neither },
  instances: { to: 7, ...neither },
  perNode: { to: true, ...neither },
  deployment: { to: deploymentPolicy.parse({ strategy: 'canary' }), ...neither },
  placement: { to: appPlacement.parse({ policy: 'binpack', gang: true }) as never, ...neither },
  autoscaling: { to: autoscalingPolicy.parse({ min: 1, max: 9, targets: [{ metric: 'cpu', target: 0.5 }] }), ...neither },
  priority: { to: 10, ...neither },
  disruptionBudget: { to: { maxUnavailable: '20%' }, ...neither },
  routes: { to: [completeRoute({ hosts: ['web.test'] })], ...neither },
  extras: { to: { maintainer: 'me' }, ...neither },
  executorResources: { to: { cpus: 1, mem: 64, disk: 20 }, ...neither },
  backoffFactor: { to: 2, ...marathonOnly },
  backoffSeconds: { to: 5, ...marathonOnly },
  dependencies: { to: ['/shop/db'], ...marathonOnly },
  killSelection: { to: 'OLDEST_FIRST', ...marathonOnly },
  maxLaunchDelaySeconds: { to: 60, ...marathonOnly },
  taskKillGracePeriodSeconds: { to: 30, ...marathonOnly },
  unreachableStrategy: { to: 'disabled', ...marathonOnly },
  upgradeStrategy: { to: { minimumHealthCapacity: 0.5, maximumOverCapacity: 0 }, ...marathonOnly },
  labels: { to: { team: 'shop', HAPROXY_GROUP: 'external' }, ...marathonOnly },
  healthChecks: { to: [httpCheck()], ...both },
  check: { to: { tcp: { portIndex: 0 }, intervalSeconds: 60, timeoutSeconds: 20, delaySeconds: 15 }, ...both },
  acceptedResourceRoles: { to: ['public'], ...both },
  args: { to: ['--verbose'], ...both },
  cmd: { to: 'serve --new', ...both },
  constraints: { to: [['hostname', 'UNIQUE']], ...both },
  container: { to: { type: 'MESOS', volumes: [] }, ...both },
  cpus: { to: 2, ...both },
  disk: { to: 10, ...both },
  env: { to: { GREETING: 'hi' }, ...both },
  executor: { to: '//cmd', ...both },
  fetch: { to: [{ uri: 'http://files/a.tgz', extract: true, executable: false, cache: false }], ...both },
  gpus: { to: 1, ...both },
  mem: { to: 128, ...both },
  networks: { to: [{ mode: 'container/bridge', labels: {} }], ...both },
  pod: { to: { containers: [], volumes: [] }, ...both },
  portDefinitions: { to: [{ port: 8080, protocol: 'tcp', labels: {} }], ...both },
  readinessChecks: { to: [readinessCheck()], ...both },
  requirePorts: { to: true, ...both },
  residency: { to: { relaunchEscalationTimeoutSeconds: 1, taskLostBehavior: 'WAIT_FOREVER' }, ...both },
  resourceLimits: { to: { mem: 'unlimited' }, ...both },
  role: { to: 'dev', ...both },
  secrets: { to: { key: { source: 'key' } }, ...both },
  tty: { to: true, ...both },
  user: { to: 'nobody', ...both },
};

const before = definitionOf();
const restartsFrom = (from: AppDefinition, to: AppDefinition) => ({
  needed: isConfigChange(from, to),
  marathon: isConfigChange(from, to, 'marathon'),
});

describe('what restarts the instances of an app', () => {
  test.each(Object.entries(ROWS))('a change of %s', (field, { to, ...expected }) => {
    const after = { ...before, [field]: to } as AppDefinition;
    expect(restartsFrom(before, after)).toEqual(expected);
    expect(restartsFrom(after, before)).toEqual(expected);
    expect(restartsFrom(after, after)).toEqual(neither);
  });

  test.each([
    ['gracePeriodSeconds', 1, marathonOnly],
    ['intervalSeconds', 1, marathonOnly],
    ['timeoutSeconds', 1, marathonOnly],
    ['maxConsecutiveFailures', 1, marathonOnly],
    ['delaySeconds', 1, marathonOnly],
    ['protocol', 'TCP', both],
    ['path', '/other', both],
    ['port', 80, both],
    ['portIndex', 1, both],
    ['command', { value: 'true' }, both],
    ['ipProtocol', 'IPv6', both],
    ['ignoreHttp1xx', true, both],
  ])('a change of %s in a health check', (field, value, expected) => {
    const [from, to] = [httpCheck(), { ...httpCheck(), [field]: value }].map((check) => ({ ...before, healthChecks: [check] }));
    expect(restartsFrom(from as AppDefinition, to as AppDefinition)).toEqual(expected);
  });

  test('the timing of the informational check restarts nobody, what it asks does', () => {
    const timing = { intervalSeconds: 60, timeoutSeconds: 20, delaySeconds: 15 };
    const from = { ...before, check: { tcp: { portIndex: 0 }, ...timing } };
    expect(restartsFrom(from, { ...from, check: { ...from.check, intervalSeconds: 5 } })).toEqual(marathonOnly);
    expect(restartsFrom(from, { ...from, check: { tcp: { portIndex: 1 }, ...timing } })).toEqual(both);
  });

  test.each<[string, Partial<AppDefinition>]>([
    ['its command', { cmd: 'serve --team $MARATHON_APP_LABEL_TEAM' }],
    ['its arguments', { args: ['$MARATHON_APP_LABELS'] }],
    ['its environment', { env: { TEAM: '$MARATHON_APP_LABEL_TEAM' } }],
    ['a variable that it sets itself', { env: { MARATHON_APP_LABEL_TEAM: 'mine' } }],
    [
      'a parameter of its container',
      {
        container: {
          type: 'DOCKER',
          docker: {
            image: 'a',
            forcePullImage: false,
            privileged: false,
            parameters: [{ key: 'env', value: 'TEAM=$MARATHON_APP_LABEL_TEAM' }],
          },
          volumes: [],
        },
      },
    ],
    [
      'the command of a check',
      { healthChecks: [httpCheck({ protocol: 'COMMAND', command: { value: 'grep $MARATHON_APP_LABEL_TEAM f' } })] },
    ],
  ])('a change of labels does where the app reads them in %s', (_, fields) => {
    const from = { ...before, ...fields };
    expect(restartsFrom(from, { ...from, labels: { team: 'other' } })).toEqual(both);
  });

  test('labels that name that environment are no reading of it', () => {
    const from = { ...before, labels: { hint: 'see MARATHON_APP_LABEL_TEAM' } };
    expect(restartsFrom(from, { ...from, labels: { hint: 'see MARATHON_APP_LABELS' } })).toEqual(marathonOnly);
  });
});
