/**
 * Load in a process of its own: `fork(loadProcess.ts, [LoadOptions as JSON])`. Half of the clients keep their connection, half make a new one
 * for each request; every other request is a POST with an id of its own, and every other pair of them bears the header of the trial.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { clientOf } from './httpClient.ts';
import type { Asked, Failure, LoadOptions, Told, Window } from './load.ts';

/** Between two requests of a client that nobody answers, ms. */
const REFUSED_WAIT_MS = 5;
/** Failures that are told in full. */
const FAILURES_TOLD = 100_000;

const { port, clients, trial } = JSON.parse(process.argv[2] ?? '') as LoadOptions;
const say = (told: Told): void => void process.send?.(told);

let isOver = false;
let began = Date.now();
let window: { plain: Record<string, number>; trial: Record<string, number>; answered: number; failed: number };
const total = { sent: 0, answered: 0, failed: 0 };
const failures: Failure[] = [];
/** Whoever waits for so many answers in this window. */
let awaited: number | undefined;
/** Ids that were answered, by client: `<client>-<number>`, where those that failed are left out. */
const failedIds: string[] = [];
const posted: number[] = [];

const open = (): void => {
  began = Date.now();
  window = { plain: {}, trial: {}, answered: 0, failed: 0 };
};
const looked = (): Window => ({ ...window, sinceMs: Date.now() - began });
open();

const run = async (nth: number): Promise<void> => {
  const client = clientOf(port, nth % 2 === 0);
  posted[nth] = 0;
  for (let count = 0; !isOver; count++) {
    const isPost = count % 2 === 0;
    const isTrial = count % 4 < 2;
    const id = `${nth}-${posted[nth]}`;
    if (isPost) posted[nth] = (posted[nth] ?? 0) + 1;
    const mine = window;
    const at = Date.now();
    total.sent += 1;
    try {
      const head = `${isPost ? `POST /count HTTP/1.1\r\nx-id: ${id}` : 'GET / HTTP/1.1'}\r\n${isTrial ? `${trial}: yes\r\n` : ''}`;
      const { status, body } = await client.ask(head, isPost ? 'x' : '');
      if (status !== 200) throw new Error(`status ${status}`);
      total.answered += 1;
      mine.answered += 1;
      const counts = isTrial ? mine.trial : mine.plain;
      counts[body] = (counts[body] ?? 0) + 1;
    } catch (error) {
      total.failed += 1;
      mine.failed += 1;
      if (isPost) failedIds.push(id);
      if (failures.length < FAILURES_TOLD) failures.push({ at, tookMs: Date.now() - at, isPost, why: (error as Error).message });
      await pause(REFUSED_WAIT_MS);
    }
    if (awaited !== undefined && window.answered >= awaited) {
      awaited = undefined;
      say({ window: looked() });
    }
  }
  client.close();
};

const running = Array.from({ length: clients }, (_, nth) => run(nth));
process.on('message', async (asked: Asked) => {
  if (asked.type === 'open') {
    open();
    say({});
  } else if (asked.type === 'await') {
    if (window.answered >= asked.answered) say({ window: looked() });
    else awaited = asked.answered;
  } else if (asked.type === 'failures') say({ failures });
  else {
    isOver = true;
    await Promise.all(running);
    const report: Told = { report: { ...total, failures, failedIds, posted } };
    process.send?.(report, () => process.disconnect());
  }
});
