import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  EventStoreDBClient,
  jsonEvent,
  PARK,
  START,
  persistentSubscriptionToStreamSettingsFromDefaults as streamSettings,
} from '@eventstore/db-client';
import { expect, onTestFinished, test } from 'vitest';
import { isLongRun } from '../../../../../support/machine.ts';
import { ROOT } from '../../../../../support/sources.ts';
import { temporaryFolder } from '../../../../../support/temporaryFolder.ts';

const KILLS = isLongRun ? 20 : 1;
const EVENTS = isLongRun ? 20_000 : 1_000;
/** Every so many messages one is parked. */
const PARKED_EVERY = 50;

const serving = async (file: string): Promise<{ readonly child: ChildProcess; readonly client: EventStoreDBClient }> => {
  const args = ['log', 'serve', '--file', file, '--esdb-port', '0', '--esdb-insecure'];
  const child = spawn(process.execPath, [join(ROOT, 'src/cli.ts'), ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /is served on .*:(\d+)$/.exec(line)?.[1];
    if (port !== undefined) return { child, client: EventStoreDBClient.connectionString(`esdb://127.0.0.1:${port}?tls=false`) };
  }
  throw new Error('the store did not start');
};

test(`a store that is killed ${KILLS === 1 ? 'once' : `${KILLS} times`}, wherever it is: no message is lost, and few come twice`, {
  timeout: isLongRun ? 600_000 : 60_000,
}, async () => {
  const file = join(temporaryFolder(), 'log.sqlite');
  const credentials = { username: 'test', password: '' };
  const times = new Map<number, number>();
  const parked = new Set<number>();
  let served = await serving(file);
  const events = Array.from({ length: EVENTS }, (_, n) => jsonEvent({ type: 'Counted', data: { n } }));
  for (let from = 0; from < EVENTS; from += 500)
    await served.client.appendToStream('orders-1', events.slice(from, from + 500), { credentials });
  const settings = streamSettings({ startFrom: START, checkPointLowerBound: 1, checkPointUpperBound: 20 });
  await served.client.createPersistentSubscriptionToStream('orders-1', 'group', settings);

  /** Consumes until it is done or the store goes. */
  const consume = async (killAfter: number): Promise<void> => {
    const subscription = served.client.subscribeToPersistentSubscriptionToStream('orders-1', 'group', { bufferSize: 20 });
    let seen = 0;
    try {
      for await (const message of subscription) {
        const n = Number(message.event?.revision);
        times.set(n, (times.get(n) ?? 0) + 1);
        if (n % PARKED_EVERY === 0) {
          parked.add(n);
          await subscription.nack(PARK, 'a try', message);
        } else await subscription.ack(message);
        if (++seen === killAfter) served.child.kill('SIGKILL');
        if (times.size === EVENTS) return;
      }
    } catch (error) {
      if (served.child.exitCode === null && served.child.signalCode === null) await once(served.child, 'exit');
      expect(served.child.signalCode, String(error)).toBe('SIGKILL');
    }
  };

  for (let kill = 0; kill < KILLS; kill++) {
    await consume(1 + Math.floor((Math.random() * EVENTS) / (KILLS + 1)));
    await served.client.dispose();
    served = await serving(file);
  }
  await consume(-1);
  expect(times.size).toBe(EVENTS);
  const twice = [...times.values()].filter((count) => count > 1).length;
  // Those since the last checkpoint, and those under way: they come again, and no others.
  expect(twice).toBeLessThanOrEqual(KILLS * 200);
  const links = new Set<number>();
  const parkedByNow = async (): Promise<number> => {
    for await (const { event } of served.client.readStream('$persistentsubscription-orders-1::group-parked'))
      links.add(
        Number(
          Buffer.from(event?.data as Uint8Array)
            .toString()
            .split('@')[0],
        ),
      );
    return links.size;
  };
  await expect.poll(parkedByNow, { timeout: 10_000 }).toBe(parked.size);
  expect([...links].toSorted((a, b) => a - b)).toEqual([...parked].toSorted((a, b) => a - b));
  await served.client.dispose();
  served.child.kill('SIGTERM');
  expect(await once(served.child, 'exit')).toEqual([0, null]);
});
