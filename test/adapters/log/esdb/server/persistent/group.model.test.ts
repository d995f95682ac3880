import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Group, groupOf } from '../../../../../../src/adapters/log/esdb/server/persistent/group.ts';
import { STRATEGIES } from '../../../../../../src/adapters/log/esdb/server/persistent/settings.ts';
import { isLongRun } from '../../../../../support/machine.ts';
import { storeEvent } from '../../../../../support/storeEvents.ts';
import { groupSettings } from './groupSettings.ts';

const CONSUMERS = 3;
const SLOTS = 4;
const TIMEOUT = 100;

type Step =
  | { readonly do: 'read'; readonly events: number; readonly passed: number }
  | { readonly do: 'ack' | 'late' | 'skip' | 'park' | 'retry'; readonly consumer: number; readonly which: number }
  | { readonly do: 'come' | 'go' | 'hold' | 'unhold'; readonly consumer: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'parked' };

const consumer = fc.nat(CONSUMERS - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('read' as const), events: fc.integer({ min: 1, max: 8 }), passed: fc.nat(3) }) },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constantFrom('ack', 'ack', 'ack', 'late', 'skip', 'park', 'retry'), consumer, which: fc.nat(SLOTS) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('come', 'come', 'go', 'hold', 'unhold'), consumer }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 150 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('parked' as const) }) },
);

/** A group, and what a witness beside it knows: who was sent what, and what is done. */
const witnessed = (group: Group) => {
  const places: bigint[] = [];
  const finished = new Set<bigint>();
  const holds = new Map<string, Map<string, bigint>>();
  const once = new Map<string, Map<string, bigint>>();
  const connected = new Map<number, string>();
  const sentTo: string[] = [];
  let now = 0;
  let place = 0n;
  let names = 0;

  const send = (): void => {
    for (let delivery = group.next(now); delivery !== undefined; delivery = group.next(now)) {
      const { event, place: at } = delivery.message;
      for (const [name, held] of holds) if (name !== delivery.consumer) held.delete(event.id);
      holds.get(delivery.consumer)?.set(event.id, at);
      once.get(delivery.consumer)?.set(event.id, at);
      sentTo.push(delivery.consumer);
      expect(finished.has(at)).toBe(false);
    }
  };
  const park = (): void => {
    const parkings = group.toPark(100);
    group.parked(parkings);
    for (const { entry } of parkings) finished.add(entry.message.place);
  };
  const run = (one: Step): void => {
    switch (one.do) {
      case 'read': {
        const first = place + 1n;
        const messages = Array.from({ length: Math.min(one.events, group.room()) }, (_, i) => {
          const at = first + BigInt(i);
          return { event: storeEvent(Number(at), { stream: `orders-${at % 5n}` }), place: at, isReplayed: false };
        });
        place += BigInt(messages.length + one.passed);
        places.push(...messages.map(({ place: at }) => at));
        group.take(messages, place, one.passed);
        break;
      }
      case 'come': {
        if (connected.has(one.consumer)) break;
        const name = String(names++);
        connected.set(one.consumer, name);
        holds.set(name, new Map());
        once.set(name, new Map());
        group.connect(name, SLOTS);
        break;
      }
      case 'go': {
        const name = connected.get(one.consumer);
        if (name === undefined) break;
        connected.delete(one.consumer);
        holds.delete(name);
        group.disconnect(name, true);
        break;
      }
      case 'hold':
      case 'unhold':
        group.hold(connected.get(one.consumer) ?? '', one.do === 'hold');
        break;
      case 'wait':
        now += one.ms;
        group.expire(now);
        break;
      case 'parked':
        park();
        break;
      default: {
        const name = connected.get(one.consumer) ?? '';
        const known = [...((one.do === 'late' ? once : holds).get(name) ?? [])];
        const [id, at] = known[one.which % Math.max(1, known.length)] ?? [];
        if (id === undefined || at === undefined) break;
        const open = group.counts().open;
        if (one.do === 'ack' || one.do === 'late') group.acknowledge(name, [id], now);
        else group.refuse(name, [id], one.do, '');
        holds.get(name)?.delete(id);
        if (group.counts().open < open) finished.add(at);
      }
    }
    send();
  };
  const check = (): void => {
    const undone = places.find((at) => !finished.has(at));
    expect(group.done()).toBeLessThan(undone ?? place + 1n);
    expect(group.counts().open).toBe(places.length - finished.size);
    for (const name of connected.values()) expect(group.slotsOf(name).flying).toBeLessThanOrEqual(SLOTS);
  };
  /** Everybody is there and acknowledges all that comes. */
  const settle = (): void => {
    for (let i = 0; i < CONSUMERS; i++) {
      run({ do: 'come', consumer: i });
      run({ do: 'unhold', consumer: i });
    }
    for (let i = 0; i <= places.length && group.counts().open > 0; i++) {
      park();
      for (const name of connected.values()) {
        const ids = [...(once.get(name) ?? [])];
        group.acknowledge(
          name,
          ids.map(([id]) => id),
          now,
        );
      }
      send();
    }
    park();
  };
  return { run, check, settle, end: () => place };
};

test.for(STRATEGIES)('%s: whatever consumers do, nothing is lost and the checkpoint passes nothing that is not done', (strategy) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const settings = { ...groupSettings, strategy, messageTimeout: TIMEOUT, maxRetryCount: 2, historyBufferSize: 20 };
      const group = groupOf(settings, 0n, -1n, 0);
      const { run, check, settle, end } = witnessed(group);
      for (const one of steps) {
        run(one);
        check();
      }
      settle();
      expect([group.counts().open, group.done()]).toEqual([0, end()]);
    }),
    { numRuns: isLongRun ? 5000 : 150 },
  );
});
