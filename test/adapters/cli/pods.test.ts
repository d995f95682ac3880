import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RealEngine, realEngine } from './terminal.ts';

let engine: RealEngine;
beforeAll(async () => {
  engine = await realEngine();
});
afterAll(() => engine.end());

const sleeper = (name: string, more: Readonly<Record<string, unknown>> = {}) => ({
  name,
  exec: { command: { shell: 'echo "I am $MARATHON_CONTAINER_ID $RELEASE"; exec sleep 1000' } },
  resources: { cpus: 0.01, mem: 16 },
  ...more,
});
const pod = (id: string, release: string, more: Readonly<Record<string, unknown>> = {}) =>
  JSON.stringify({
    id,
    environment: { RELEASE: release },
    containers: [sleeper('web', { endpoints: [{ name: 'http' }] }), sleeper('logs')],
    executorResources: { cpus: 0.1, mem: 32, disk: 10 },
    ...more,
  });
/** Of those that serve: one that was asked to stop is there for a while. */
const idsOf = async (id: string): Promise<readonly string[]> => {
  const { instances } = (await engine.wharf(['pod', 'show', id, '--json'])).json;
  return instances.flatMap((instance: { id: string; status: string }) => (instance.status === 'STABLE' ? [instance.id] : []));
};

test('a pod is added, updated, killed and removed, each time to its end', async () => {
  const { wharf } = engine;
  const file = join(engine.dataDir, 'pod.json');
  writeFileSync(file, pod('/shop', '1', { scaling: { kind: 'fixed', instances: 2 } }));
  const added = await wharf(['pod', 'add', file, '--wait']);
  expect(added).toMatchObject({ code: 0, err: '' });
  expect(added.out.split('\n').at(-2)).toBe('/shop: succeeded');
  const first = await idsOf('/shop');
  expect(first).toHaveLength(2);
  expect(await wharf(['pod', 'add', file])).toMatchObject({ code: 1, err: 'wharf: A pod with id [/shop] already exists.\n' });

  // A file that does not say how many leaves as many as there are.
  const updated = await wharf(['pod', 'update', '-', '--wait', '--json'], { stdin: pod('shop', '2') });
  expect(updated.json.deployments).toMatchObject([{ app: '/shop', outcome: 'succeeded' }]);
  const second = await idsOf('/shop');
  expect(second).toHaveLength(2);
  expect(second.some((id) => first.includes(id))).toBe(false);

  const list = await wharf(['pod', 'list']);
  const [head, row] = list.out.trimEnd().split('\n');
  expect(head).toMatch(/^POD +STABLE +STATUS +CONTAINERS +CHANGED$/);
  expect(row).toMatch(/^\/shop +2\/2 +stable +web, logs +\d+s$/);

  const victim = /instance-(.{8})/.exec(second[0] ?? '')?.[1] ?? '';
  const killed = await wharf(['pod', 'kill', 'shop', victim, '--wait', '--json']);
  expect(killed.json.killed).toEqual([expect.stringContaining(victim)]);
  expect(await idsOf('/shop')).not.toContain(second[0]);
  expect(await idsOf('/shop')).toContain(second[1]);
  expect(await wharf(['pod', 'kill', '/shop', 'ffffffff'])).toMatchObject({
    code: 1,
    err: "wharf: /shop has no running instance 'ffffffff'\n",
  });

  expect(await wharf(['pod', 'remove', '/shop', '--wait'])).toMatchObject({ code: 0, err: '' });
  expect(await wharf(['pod', 'show', '/shop'])).toMatchObject({ code: 1, err: "wharf: Pod '/shop' does not exist\n" });
  expect((await wharf(['pod', 'list'])).out).toBe('no pods\n');
});

test('each container of a pod is shown with its state and its ports', async () => {
  const { wharf } = engine;
  await wharf(['pod', 'add', '-', '--wait'], { stdin: pod('/seen', '1') });
  const { out } = await wharf(['pod', 'show', '/seen']);
  expect(out).toContain('Containers: web, logs\n');
  expect(out).toContain('Stable:     1 of 1\n');
  expect(out).toMatch(/ web +running +\S+ +http:\d+ /);
  expect(out).toMatch(/ logs +running +\S+ +- /);
  expect(await wharf(['pod', 'remove', '/seen', '--wait'])).toMatchObject({ code: 0 });
});

test('a slip in a definition is refused with what may have been meant, unless unknown fields are allowed', async () => {
  const { wharf } = engine;
  const slip = pod('/slip', '1', { schedulling: {}, scaling: { kind: 'fixed', instances: 0 } });
  const refused = await wharf(['pod', 'add', '-'], { stdin: slip });
  expect(refused.code).toBe(1);
  expect(refused.err).toContain('/schedulling: is not a known field; did you mean `scheduling`?');
  expect(await wharf(['pod', 'add', '-', '--allow-unknown', '--wait'], { stdin: slip })).toMatchObject({ code: 0 });
  expect(await wharf(['pod', 'remove', '/slip', '--wait'])).toMatchObject({ code: 0 });
});

test('what is no definition is refused before anybody is asked', async () => {
  const { wharf } = engine;
  expect(await wharf(['pod', 'add', '-'], { stdin: '[]' })).toMatchObject({
    code: 2,
    err: expect.stringContaining('holds no pod definition'),
  });
  const nameless = await wharf(['pod', 'update', '-'], { stdin: '{"containers": []}' });
  expect([nameless.code, nameless.err]).toEqual([1, expect.stringContaining('/id: is missing')]);
});

test('of several pods none is sent when one is wrong, and what had begun is named when one is refused', async () => {
  const { wharf } = engine;
  const none = { scaling: { kind: 'fixed', instances: 0 } };
  const wrong = await wharf(['pod', 'add', '-'], { stdin: `[${pod('/two/a', '1', none)}, ${pod('/two/b', '1', { containers: [] })}]` });
  expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('/containers')]);
  expect((await wharf(['pod', 'list'])).out).toBe('no pods\n');
  const twice = await wharf(['pod', 'add', '-'], { stdin: `[${pod('/two/a', '1', none)}, ${pod('/two/a', '1', none)}]` });
  expect(twice.code).toBe(1);
  expect(twice.err).toMatch(
    /\/two\/a: A pod with id \[\/two\/a\] already exists\.\n +\/two\/a: deployment \S+ had begun before, and goes on\n/,
  );
  expect(await wharf(['pod', 'remove', '/two/a', '--force', '--wait'])).toMatchObject({ code: 0 });
});
