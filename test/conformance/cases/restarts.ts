import { expect } from 'vitest';
import type { Case } from '../case.ts';
import { DIFFERENCES } from '../differences.ts';
import { all, app, type Stage, steady } from '../stage.ts';

type Fields = Readonly<Record<string, unknown>>;

/** An app of each kind, with a health check whose timing can change. */
const check = (value: string, intervalSeconds: number) => ({ protocol: 'COMMAND', command: { value }, intervalSeconds, delaySeconds: 0 });
const NATIVE: Fields = {
  portDefinitions: [{ port: 0, name: 'http-api' }],
  healthChecks: [check('true', 5)],
  instances: 1,
};
const IMAGE: Fields = { cmd: undefined, container: { docker: { image: 'nginx' } } };

/** What Marathon calls an upgrade (`isUpgrade`), and whether running instances can take it up here. */
const ROWS: readonly (readonly [field: string, change: Fields, here: 'restarts' | 'in place', of?: 'image'])[] = [
  ['cmd', { cmd: 'other' }, 'restarts'],
  ['args', { cmd: undefined, args: ['other'] }, 'restarts'],
  ['user', { user: 'nobody' }, 'restarts'],
  ['env', { env: { A: '1' } }, 'restarts'],
  ['cpus', { cpus: 0.02 }, 'restarts'],
  ['mem', { mem: 32 }, 'restarts'],
  ['disk', { disk: 1 }, 'restarts'],
  ['gpus', { gpus: 1 }, 'restarts'],
  ['executor', { executor: '//cmd' }, 'restarts'],
  ['constraints', { constraints: [['hostname', 'UNIQUE']] }, 'restarts'],
  ['fetch', { fetch: [{ uri: 'http://a/b' }] }, 'restarts'],
  ['portDefinitions', { portDefinitions: [{ port: 0, name: 'http-api' }, { port: 0 }] }, 'restarts'],
  ['requirePorts', { requirePorts: true }, 'restarts'],
  ['container', { container: { type: 'MESOS' } }, 'restarts'],
  ['role and acceptedResourceRoles', { role: 'rv', acceptedResourceRoles: ['rv'] }, 'restarts'],
  ['readinessChecks', { readinessChecks: [{}] }, 'restarts'],
  ['tty', { tty: true }, 'restarts'],
  ['check', { check: { tcp: { portIndex: 0 } } }, 'restarts'],
  ['what a health check asks', { healthChecks: [check('echo', 5)] }, 'restarts'],
  ['networks', { networks: [{ mode: 'container/bridge' }] }, 'restarts', 'image'],
  ['resourceLimits', { resourceLimits: { mem: 'unlimited' } }, 'restarts', 'image'],
  ['when a health check asks', { healthChecks: [check('true', 9)] }, 'in place'],
  ['backoffSeconds', { backoffSeconds: 9 }, 'in place'],
  ['backoffFactor', { backoffFactor: 9 }, 'in place'],
  ['maxLaunchDelaySeconds', { maxLaunchDelaySeconds: 9 }, 'in place'],
  ['taskKillGracePeriodSeconds', { taskKillGracePeriodSeconds: 9 }, 'in place'],
  ['dependencies', { dependencies: ['/rv/image'] }, 'in place'],
  ['upgradeStrategy', { upgradeStrategy: { minimumHealthCapacity: 0.5 } }, 'in place'],
  ['labels', { labels: { team: 'x' } }, 'in place'],
  ['unreachableStrategy', { unreachableStrategy: 'disabled' }, 'in place'],
  ['killSelection', { killSelection: 'OLDEST_FIRST' }, 'in place'],
];

const there = async (stage: Stage) => {
  if (stage.engine.views.apps.get('/rv/web') === undefined) await all(steady('/rv/web', NATIVE), steady('/rv/image', IMAGE))(stage);
  return {};
};

const foreseen = (
  when: string,
  [change, of]: readonly [Fields, 'image' | undefined],
  rule: '' | '&restart=marathon',
  action: 'Restart' | 'Scale',
  differs?: (typeof DIFFERENCES)[keyof typeof DIFFERENCES],
): Case => {
  const id = of === 'image' ? '/rv/image' : '/rv/web';
  return {
    endpoint: `PUT /v2/groups/{id}?dryRun=true${rule}`,
    when: `a change of ${when}: ${action === 'Restart' ? 'all instances are replaced' : 'none is replaced'}`,
    given: there,
    ask: {
      to: `PUT /v2/groups/rv?dryRun=true${rule}`,
      body: {
        apps: [
          { ...app('/rv/web', NATIVE), ...(of === undefined && change) },
          { ...app('/rv/image', IMAGE), ...(of === 'image' && change) },
        ],
      },
    },
    answers: { status: 200 },
    after: (_, { steps }) => {
      const actions = steps.flatMap((step: { actions: readonly unknown[] }) => step.actions);
      expect(actions).toEqual([{ action: `${action}Application`, app: id }]);
    },
    ...(differs !== undefined && { differs }),
  };
};

export const restarts: readonly Case[] = [
  foreseen('instances', [{ instances: 3 }, undefined], '', 'Scale'),
  foreseen('instances', [{ instances: 3 }, undefined], '&restart=marathon', 'Scale'),
  ...ROWS.flatMap(([field, change, here, of]): readonly Case[] =>
    here === 'restarts'
      ? [foreseen(field, [change, of], '', 'Restart')]
      : [
          foreseen(field, [change, of], '', 'Scale', DIFFERENCES.inPlace),
          foreseen(field, [change, of], '&restart=marathon', 'Restart', DIFFERENCES.restartRule),
        ],
  ),
  ...(['', '?restart=marathon'] as const).map(
    (rule): Case => ({
      endpoint: `PUT /v2/apps/{id}${rule}`,
      when: `other labels: the task ${rule === '' ? 'stays' : 'is replaced'}`,
      given: steady(`/rv/labels${rule.length}`),
      ask: { to: `PUT /v2/apps/rv/labels${rule.length}${rule}`, body: { labels: { WHARF_DRAIN_SECONDS: '0', team: 'x' } } },
      answers: { status: 200 },
      after: async ({ api, until, engine }, _, { task }) => {
        const id = `/rv/labels${rule.length}`;
        await until(() => engine.views.apps.get(id)?.deployment === undefined);
        const [now] = (await api.get(`/v2/apps${id}/tasks`)).tasks;
        expect(now.id === task).toBe(rule === '');
      },
      differs: rule === '' ? DIFFERENCES.inPlace : DIFFERENCES.restartRule,
    }),
  ),
];
