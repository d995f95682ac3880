import { expect, test } from 'vitest';
import { simulatedServer } from '../../support/simulatedServer.ts';

const web = { id: '/web', cmd: 'serve', instances: 2, cpus: 0.1, mem: 16 };
const autoscaling = {
  min: 1,
  max: 4,
  targets: [{ metric: 'latency', target: 200, statistic: 'p95' }],
  schedule: [{ days: ['mon'], from: '08:00', to: '18:00', timeZone: 'Europe/Berlin', min: 2 }],
  intervalSeconds: 3600,
  tolerance: 0.2,
  scaleUp: { cooldownSeconds: 10, maxStep: 2 },
  scaleDown: { cooldownSeconds: 20 },
};

test('a policy is answered as it was given, changes without a restart, and what a GET answered can be written back', async () => {
  const { api, engine, atRest } = await simulatedServer();
  await api.ask('PUT', '/v2/apps/web', { ...web, autoscaling });
  await atRest();
  const { app } = await api.ask('GET', '/v2/apps/web');
  expect(app.autoscaling).toEqual(autoscaling);
  const before = engine.views.instances.ofApp('/web').map(({ id }) => id);
  await api.ask('PUT', '/v2/apps/web', app);
  expect(engine.views.apps.get('/web')?.versions).toHaveLength(1);
  await api.ask('PUT', '/v2/apps/web', { autoscaling: { ...autoscaling, max: 6 } });
  await atRest();
  expect(engine.views.apps.get('/web')?.definition.autoscaling?.max).toBe(6);
  expect(engine.views.instances.ofApp('/web').map(({ id }) => id)).toEqual(before);
});

test('a policy that cannot be kept is refused with its field and rule', async () => {
  const { api } = await simulatedServer();
  const { status, body } = await api.call('PUT', '/v2/apps/web', { ...web, autoscaling: { ...autoscaling, max: 0, tolerence: 1 } });
  expect(status).toBe(422);
  expect(JSON.stringify(body)).toContain('/autoscaling');
});
