import { expect, test } from 'vitest';
import { simulatedClock } from '../../../../../../src/adapters/clock/simulatedClock.ts';
import { groupOf } from '../../../../../../src/adapters/log/esdb/server/persistent/group.ts';
import { parkedStreamIn } from '../../../../../../src/adapters/log/esdb/server/persistent/parkedStream.ts';
import { replayingOf } from '../../../../../../src/adapters/log/esdb/server/persistent/replaying.ts';
import { memoryEventStore } from '../../../../../support/memoryEventStore.ts';
import { newEvent } from '../../../../../support/storeEvents.ts';
import { groupSettings } from './groupSettings.ts';
import { fill } from './served.ts';

const LINKS = 250;
const ID_OF_LINKS = 10_000;

/** A group whose 250 parked messages are all being tried again by one consumer. */
const replayed = async () => {
  const store = memoryEventStore();
  await fill(store, 'orders-1', 0, LINKS - 1);
  const links = Array.from({ length: LINKS }, (_, n) => ({ ...newEvent(ID_OF_LINKS + n, '$>'), data: Buffer.from(`${n}@orders-1`) }));
  await store.append('parked', 'any', links);
  const group = groupOf(groupSettings, -1n, -1n, 0);
  const faults: string[] = [];
  const clock = simulatedClock(0);
  const replaying = replayingOf({ group, stream: parkedStreamIn(store, 'parked'), clock, onFault: (what) => faults.push(what) });
  replaying.until(LINKS);
  while (replaying.read(20));
  group.connect('a', LINKS);
  while (group.next(0) !== undefined);
  const end = (ns: readonly number[]): void =>
    void group.acknowledge(
      'a',
      ns.map((n) => newEvent(ID_OF_LINKS + n).id),
      0,
    );
  const first = () => store.readStream('parked', { from: 0, direction: 'forwards', max: 1 });
  return { store, group, replaying, faults, clock, end, first };
};
const numbers = (from: number, until: number): readonly number[] => Array.from({ length: until - from }, (_, i) => from + i);

test('the parked stream is made shorter only up to the first message that is not done', async () => {
  const { replaying, end, first } = await replayed();
  end(numbers(0, 110));
  end(numbers(111, LINKS));
  replaying.truncate();
  await replaying.close();
  expect(first()).toMatchObject([{ revision: 110 }]);
});

test('it is made shorter now and then, and at last by the rest', async () => {
  const { replaying, end, first } = await replayed();
  end(numbers(0, 99));
  replaying.truncate();
  expect(first()).toMatchObject([{ revision: 0 }]);
  end([99]);
  replaying.truncate();
  expect(first()).toMatchObject([{ revision: 100 }]);
  await Promise.resolve();
  end(numbers(100, LINKS));
  replaying.truncate();
  expect(first()).toEqual([]);
  expect([replaying.parked(), replaying.isOn()]).toEqual([0, false]);
});

test('a store that takes nothing is asked again after a second', async () => {
  const { store, replaying, clock, end, first, faults } = await replayed();
  store.refuse({ _tag: 'Unavailable', reason: 'the disk is full' });
  end(numbers(0, LINKS));
  replaying.truncate();
  await expect.poll(() => faults).toEqual(['parked messages that are done could not be let go: the disk is full']);
  store.refuse(undefined);
  clock.advance(999);
  replaying.truncate();
  expect(first()).toMatchObject([{ revision: 0 }]);
  clock.advance(1);
  replaying.truncate();
  expect(first()).toEqual([]);
});
