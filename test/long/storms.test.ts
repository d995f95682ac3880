import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { apiOf } from '../support/api.ts';
import { simulatedServer } from '../support/simulatedServer.ts';
import { ROOT } from '../support/sources.ts';
import type { StormAnswers } from '../support/stormClient.ts';

/** A client that submits apps faster than they can be taken in, over HTTP, beside one that reads and one that has a single app. */

const PER_SECOND = Number(process.env.WHARF_STORM_RATE ?? 1000);
const SECONDS = Number(process.env.WHARF_STORM_SECONDS ?? 30);
const READ_EVERY_MS = 50;

const percentile = (values: readonly number[], share: number): number =>
  Math.round(values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0);

test(`${PER_SECOND} apps a second for ${SECONDS} s: each is taken in or told when to come again, reads are answered, and a small app comes up`, {
  timeout: 600_000,
}, async () => {
  const server = await simulatedServer(20);
  const other = apiOf(server.url, 'nobody asks');
  const client = fork(join(ROOT, 'test/support/stormClient.ts'), [server.url, String(PER_SECOND), String(SECONDS)]);
  onTestFinished(() => void client.kill('SIGKILL'));
  const answered = once(client, 'message') as Promise<[StormAnswers]>;
  const reads: number[] = [];
  let isOver = false;
  const reading = (async () => {
    while (!isOver) {
      const from = performance.now();
      await other.get('/v2/info');
      reads.push(performance.now() - from);
      await pause(READ_EVERY_MS);
    }
  })();
  await server.until(() => [...server.engine.views.apps.all()].length >= 300);
  const asked = performance.now();
  await other.ask('POST', '/v2/apps', { id: '/small', cmd: 'serve', cpus: 0.1, mem: 1, instances: 2 });
  const takenMs = performance.now() - asked;
  const runs = () => server.engine.views.instances.ofApp('/small').filter(({ state }) => state.startsWith('running')).length === 2;
  await server.until(runs);
  const ranMs = performance.now() - asked;
  const [{ statuses, accepted, untold, resets }] = await answered;
  isOver = true;
  await reading;
  await server.atRest();
  console.log(
    `${JSON.stringify(statuses)}, ${resets} connections closed; ${reads.length} reads, median ${percentile(reads, 0.5)} ms, p99 ${percentile(reads, 0.99)} ms, most ${percentile(reads, 1)} ms; the small app was taken in after ${Math.round(takenMs)} ms and ran after ${Math.round(ranMs)} ms`,
  );
  expect(Object.keys(statuses).every((status) => ['201', '409', '429', '503'].includes(status))).toBe(true);
  expect(untold).toBe(0);
  // Who was told 201 has it, who was turned away has nothing.
  const { views } = server.engine;
  expect([...views.apps.all()].map(({ id }) => id).toSorted()).toEqual([...accepted, '/small'].toSorted());
  for (const id of accepted) expect(views.instances.ofApp(id).map(({ state }) => state)).toEqual(['running.unchecked']);
});
