import { expect, test } from 'vitest';
import { systemClock } from '../../src/adapters/clock/systemClock.ts';
import { streamOf } from '../../src/domain/kernel/ids.ts';
import type { Balancer } from '../../src/domain/ports/balancer.ts';
import { EMPTY_TABLE, type RouteTable, type Server } from '../../src/domain/traffic/table.ts';
import { memoryLog } from '../support/memoryLog.ts';
import { addNode, createWorld, deploy, submit, until, type World } from '../support/world.ts';

const web = {
  id: '/web',
  cmd: 'serve',
  cpus: 0.5,
  mem: 64,
  instances: 2,
  portDefinitions: [{ port: 0 }],
  routes: [{ hosts: ['web.test'] }],
};

/** Does what it is told when the test lets it, and says what it was told. */
const fakeBalancer = () => {
  let table = EMPTY_TABLE;
  let gate = Promise.resolve();
  let fault: string | undefined;
  const heard: RouteTable[] = [];
  const busy = new Set<string>();
  const watchers = new Set<() => void>();
  const balancer: Balancer = {
    name: 'fake',
    apply: async (next) => {
      heard.push(next);
      await gate;
      if (fault !== undefined) throw new Error(fault);
      table = next;
      for (const watcher of [...watchers]) watcher();
    },
    counters: async () => [],
    busyWith: async (instance) => (busy.has(instance) ? 1 : 0),
    reloads: () => 0,
    close: async () => undefined,
  };
  return {
    balancer,
    heard,
    busy,
    servers: (): readonly Server[] => table.routes.flatMap(({ pools }) => pools.flatMap(({ servers }) => servers)),
    hold: () => {
      const held = Promise.withResolvers<void>();
      gate = held.promise;
      return held.resolve;
    },
    fail: (text: string | undefined) => {
      fault = text;
    },
    until: (holds: () => boolean) =>
      new Promise<void>((resolve) => {
        const look = (): void => {
          if (!holds()) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        look();
      }),
  };
};

const begun = async () => {
  const fake = fakeBalancer();
  const world = await createWorld({ log: memoryLog(), clock: systemClock(), balancers: [fake.balancer] });
  await addNode(world, 'n1');
  return { fake, world };
};

const stateOf = (world: World, id: string): string | undefined => world.engine.views.instances.get(id)?.state;

test('a balancer is told of an app’s instances when they are ready, and of none when the app is gone', async () => {
  const { fake, world } = await begun();
  await deploy(world, web);
  await fake.until(() => fake.servers().length === 2);
  expect(fake.servers().map(({ address, isDraining }) => [address, isDraining])).toEqual([
    ['127.0.0.1', false],
    ['127.0.0.1', false],
  ]);
  await submit(world, streamOf('app', '/web'), { type: 'DestroyApp', deployment: world.ids.next(), force: false } as never);
  await fake.until(() => fake.heard.at(-1)?.routes.length === 0);
  await world.engine.stop();
});

test('an instance is not signalled before the balancers have left it', async () => {
  const { fake, world } = await begun();
  await deploy(world, { ...web, labels: { WHARF_DRAIN_SECONDS: '0.05' } });
  await fake.until(() => fake.servers().length === 2);
  const release = fake.hold();
  await deploy(world, { ...web, labels: { WHARF_DRAIN_SECONDS: '0.05' }, instances: 1 });
  const leaving = () => world.engine.views.instances.ofApp('/web').find(({ state }) => state === 'stopping');
  await until(world, () => leaving() !== undefined, 'one is to stop');
  const { id = '' } = leaving() ?? {};
  await new Promise((resolve) => setImmediate(resolve));
  expect(stateOf(world, id)).toBe('stopping');
  expect(fake.servers().some(({ instance, isDraining }) => instance === id && !isDraining)).toBe(true);
  release();
  await until(world, () => stateOf(world, id) === 'killed', 'it has ended');
  expect(fake.servers().some(({ instance, isDraining }) => instance === id && !isDraining)).toBe(false);
  await world.engine.stop();
});

test('a balancer that refuses a table is asked again, and says so meanwhile', async () => {
  const { fake, world } = await begun();
  fake.fail('no such luck');
  await deploy(world, web);
  await until(world, () => world.engine.traffic?.balancers()[0]?.trouble === 'no such luck', 'it is told').catch(() => undefined);
  expect(world.engine.traffic?.balancers()[0]).toMatchObject({ isCurrent: false, trouble: 'no such luck' });
  fake.fail(undefined);
  await fake.until(() => fake.servers().length === 2);
  await new Promise((resolve) => setImmediate(resolve));
  expect(world.engine.traffic?.balancers()[0]).not.toHaveProperty('trouble');
  await world.engine.stop();
});

test('an engine that starts again tells the balancer all of it', async () => {
  const { fake, world } = await begun();
  await deploy(world, web);
  await fake.until(() => fake.servers().length === 2);
  const before = fake.heard.at(-1);
  const count = fake.heard.length;
  await world.restart();
  await fake.until(() => fake.heard.length > count);
  expect(fake.heard.at(-1)).toEqual(before);
  await world.engine.stop();
});

test('an engine that starts in the midst of a deployment gives nobody requests that a version is kept from', async () => {
  const fake = fakeBalancer();
  const log = memoryLog();
  let isSlow = false;
  const world = await createWorld({
    log: {
      ...log,
      readStream: async (...asked) => {
        // Long after the views are there.
        if (isSlow) await new Promise((resolve) => setTimeout(resolve, 50));
        return log.readStream(...asked);
      },
    },
    clock: systemClock(),
    balancers: [fake.balancer],
  });
  await addNode(world, 'n1');
  await deploy(world, web);
  await fake.until(() => fake.servers().length === 2);
  await deploy(world, { ...web, env: { V: '2' }, deployment: { strategy: 'bluegreen', parameters: { approve: true } } });
  await fake.until(() => fake.servers().length === 4);
  const before = fake.heard.at(-1);
  const count = fake.heard.length;
  isSlow = true;
  await world.restart();
  await fake.until(() => fake.heard.length > count);
  await until(world, () => world.engine.traffic?.balancers()[0]?.isCurrent === true, 'the balancer knows');
  for (const table of fake.heard.slice(count)) expect(table.routes).toEqual(before?.routes);
  await world.engine.stop();
});
