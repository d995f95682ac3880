import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RealEngine, realEngine } from './terminal.ts';

let engine: RealEngine;
beforeAll(async () => {
  engine = await realEngine();
});
afterAll(() => engine.end());

test('native processes that burn more cpu than they reserved get company, and their history says why', async () => {
  const { wharf } = engine;
  const autoscaling = {
    min: 1,
    max: 2,
    targets: [{ metric: 'cpu', target: 0.5 }],
    intervalSeconds: 1,
    scaleUp: { cooldownSeconds: 0 },
  };
  const hot = JSON.stringify({ id: '/hot', cmd: 'while :; do :; done', cpus: 0.05, mem: 16, autoscaling });
  expect(await wharf(['app', 'deploy', '-', '--wait'], { stdin: hot })).toMatchObject({ code: 0 });
  await expect
    .poll(async () => (await wharf(['history', '/hot'])).out, { timeout: 60_000, interval: 500 })
    .toMatch(/App \/hot was scaled by its policy: cpu \d+(\.\d+)? % of 50 % wanted.*: 1 → 2\./);
  expect((await wharf(['app', 'show', '/hot'])).out).toMatch(/^Autoscaling: +1 to 2, cpu 0\.5$/m);
  expect(await wharf(['app', 'remove', '/hot', '--wait'])).toMatchObject({ code: 0 });
}, 90_000);
