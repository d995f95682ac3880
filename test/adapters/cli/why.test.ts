import { describe, expect, test } from 'vitest';
import { queryOf } from '../../../src/adapters/cli/commands/why.ts';
import { simulatedServer } from '../../support/simulatedServer.ts';
import { type } from './terminal.ts';

const app = (more: object = {}) => JSON.stringify({ id: '/web', cmd: 'exec serve', cpus: 0.1, mem: 32, instances: 2, ...more });

const cluster = async () => {
  const server = await simulatedServer(2);
  const wharf = (argv: readonly string[], stdin = '') => type(['--url', server.url ?? '', ...argv], { stdin });
  expect((await wharf(['app', 'deploy', '-', '--wait'], app())).code).toBe(0);
  const ids = server.engine.views.instances.ofApp('/web').map(({ id }) => id);
  return { server, wharf, ids, first: ids[0] ?? '' };
};

test('wharf why tells a paragraph, the way back to the request, and what followed', async () => {
  const { wharf, first, server } = await cluster();
  const { code, out, err } = await wharf(['why', first.slice(0, 8)]);
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(new RegExp(`^instance ${first}: why is it here \\(running.unchecked\\)`));
  expect(out).toMatch(/what led to it\n#\d+ .*was placed on node berth-/);
  expect(out).toMatch(/└─ #\d+ .*DeployApp was asked for of \/web and accepted\./);
  expect(out).toMatch(/what followed\n[├└]─ #\d+ .*started as/);
  expect((await wharf(['why', '/web', '--json'])).json).toMatchObject({ thing: { kind: 'app' }, chain: { origin: { kind: 'request' } } });
  expect((await wharf(['why', 'berth-1'])).out).toContain('why is it in the pool');
  const head = server.engine.log.head();
  await wharf(['app', 'remove', '/web', '--force', '--wait']);
  expect((await wharf(['why', '/web'])).out).toContain('why is it gone');
  expect((await wharf(['why', `/web@${head}`])).out).toContain('why is it as it is');
  expect((await wharf(['why', '/web', '--at', String(head)])).out).toContain('why is it as it is');
  expect((await wharf(['why', first])).out).toContain('why is it dead');
  expect((await wharf(['why', `${first}@${head}`])).out).toContain('why is it here');
  expect(await wharf(['why', '/nothing'])).toMatchObject({ code: 1, err: expect.stringContaining("Nothing is recorded of '/nothing'") });
});

test('wharf why-not and why-waiting name what fails and the smallest change', async () => {
  const { wharf, server } = await cluster();
  await wharf(['node', 'cordon', 'berth-2', '--reason', 'new disk']);
  const { out, code } = await wharf(['why-not', '/web', 'on', 'berth-2']);
  expect(code).toBe(0);
  expect(out).toContain('Node berth-2 would not take one more instance of /web.');
  expect(out).toContain('The smallest change that lets it run there: uncordon berth-2.');
  expect((await wharf(['why-not', '/web', 'berth-1'])).out).toContain('it passes every filter');
  expect(await wharf(['why-not', '/web', 'on', 'a', 'b'])).toMatchObject({ code: 2 });
  expect((await wharf(['why-waiting', '/web'])).out).toContain('No instance of /web waited');
  await wharf(['app', 'deploy', '-'], app({ id: '/picky', constraints: [['rack', 'IS', 'r9']] }));
  await server.until(() => server.engine.views.instances.ofApp('/picky').filter(({ deferred }) => deferred !== undefined).length === 2);
  const waits = await wharf(['why-waiting', '/picky']);
  expect(waits.out).toMatch(/2 instances of version \S+ wait for a place/);
  expect(waits.out).toContain('drop the constraint rack IS r9');
  expect((await wharf(['why-waiting', '/picky', '--json'])).json).toMatchObject({ waiting: [{ count: 2 }] });
});

describe('wharf decision', () => {
  test('shows every node with its verdict, step by step where asked, and what would have changed', async () => {
    const { wharf } = await cluster();
    await wharf(['app', 'deploy', '-', '--wait'], app({ id: '/picky', instances: 1, constraints: [['rack', 'IS', 'r2']] }));
    const { out: list } = await wharf(['app', 'show', '/picky', '--json']);
    const id = JSON.parse(list).endpoints[0].instance;
    const { out, err } = await wharf(['decision', id]);
    expect(err).toBe('');
    expect(out).toContain('leads to the same decision, number for number');
    expect(out).toMatch(/NODE +SCORE +VERDICT\nberth-2 +[\d.]+ +chosen\nberth-1 +- +constraint: rack IS r2: rack is r1/);
    const without = await wharf(['decision', id, '--without', 'constraint:rack']);
    expect(without.out).toMatch(/Without the constraint on rack it would be berth-[12]/);
    const step = await wharf(['decision', id, '--step']);
    expect(step.out).toMatch(/berth-1\n {2}passes +runtime .*\n {2}passes +role .*\n {2}FAILS +constraint +rack IS r2/);
    expect((await wharf(['decision', id, '--node', 'berth-1'])).out).not.toContain('berth-2\n');
    expect(await wharf(['decision', id, '--without', 'luck'])).toMatchObject({
      code: 1,
      err: expect.stringContaining("'luck' is no filter"),
    });
    expect((await wharf(['decision', id, '--json'])).json).toMatchObject({ recorded: { node: 'berth-2' } });
  });
});

test.each([
  ['/web', 'thing=%2Fweb'],
  ['/web@-15m', 'thing=%2Fweb&at=-15m'],
  ['3f2a@2031-05-04T10:00:00Z', 'thing=3f2a&at=2031-05-04T10%3A00%3A00Z'],
  ['#4711@4800', 'thing=%234711&at=4800'],
  ['user@host', 'thing=user%40host'],
])('%s means %s', (name, query) => expect(queryOf('thing', name, { now: () => 0 }).toString()).toBe(query));
