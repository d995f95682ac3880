import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Recorded } from '../../src/domain/kernel/recorded.ts';
import { dcosRecords, vipRecords } from '../../src/domain/network/dcosNames.ts';
import { type DnsRecord, zoneOf } from '../../src/domain/network/mesosDns.ts';
import { createNames } from '../../src/domain/network/names.ts';
import { keyOfName } from '../../src/domain/network/recordSets.ts';
import { shortRecords } from '../../src/domain/network/shortNames.ts';
import { createViews } from '../../src/projections/views.ts';
import { appOf } from '../support/world.ts';

const sha1 = (text: string) => createHash('sha1').update(text).digest();
const leader = { address: '10.0.0.9', port: 8080 };
const APPS = ['/web', '/shop/web', '/shop-web', '/shop/api.v2', '/shop/v2/api'] as const;
const NODES = ['n-1', 'n-2'] as const;

type Step =
  | { readonly kind: 'ready' | 'unready' | 'gone' | 'ask'; readonly instance: number }
  | { readonly kind: 'node'; readonly node: number; readonly last: number }
  | { readonly kind: 'version'; readonly app: number; readonly vip: string };

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('ready', 'unready', 'gone', 'ask'), instance: fc.nat(14) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('node'), node: fc.nat(1), last: fc.integer({ min: 1, max: 3 }) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('version'), app: fc.nat(4), vip: fc.constantFrom('/web:80', 'shop:80') }) },
  ) as fc.Arbitrary<Step>,
  { maxLength: 60 },
);

/** Views that facts are fed to by hand, with names above them that are asked all the time. */
const harbour = () => {
  const views = createViews();
  let position = 0;
  let stopped = 0;
  const feed = (stream: string, type: string, fact: object, state: string): void =>
    views.take([
      {
        stream,
        position: ++position,
        revision: position,
        fact: { type, ...fact },
        meta: { at: 1, state, term: 1, owes: '' },
      } as unknown as Recorded,
    ]);
  const nodes = () => [...views.nodes.all()].map(({ offer }) => ({ address: offer.address, port: 5051 }));
  const names = createNames({
    view: views.discovery,
    mesos: 'mesos',
    own: 'wharf',
    framework: 'marathon',
    sha1,
    leader: () => leader,
    nodes,
    vipAddress: () => ['127.0.0.1'],
  });
  const definition = (app: number, vip: string) =>
    appOf({ id: APPS[app] ?? '', cmd: 'serve', portDefinitions: [{ port: 0, name: 'http', labels: { VIP_0: vip } }] });
  const version = (app: number, vip: string) =>
    feed(
      `app-${APPS[app]}`,
      'AppVersionAdded',
      { app: APPS[app], version: `v${position}`, configVersion: 'v1', definition: definition(app, vip), reason: 'change' },
      'idle',
    );
  const offer = (last: number) => ({ hostname: 'n', address: `10.0.0.${last}`, cpus: 1, mem: 1, disk: 1, gpus: 0, portRanges: [] });
  for (const [nth, node] of NODES.entries())
    feed(
      `node-${node}`,
      'NodeRegistered',
      { endpoint: { kind: 'simulated', seed: 1 }, offer: offer(nth + 1), attributes: {}, roles: [], warnings: [] },
      'attached',
    );
  for (const app of APPS.keys()) version(app, '/web:80');
  /** The nth instance, and how often it was made anew. */
  const lives = new Map<number, number>();
  const states = new Map<number, string>();
  const stream = (nth: number) => `instance-00000000-0000-4000-8000-${String(nth * 100 + (lives.get(nth) ?? 0)).padStart(12, '0')}`;
  const to = (nth: number, type: string, state: string, fact: object = {}) => {
    feed(stream(nth), type, fact, state);
    states.set(nth, state);
  };
  const take = (step: Step): void => {
    if (step.kind === 'version') version(step.app, step.vip);
    else if (step.kind === 'node')
      feed(`node-${NODES[step.node]}`, 'NodeOfferChanged', { offer: offer(step.last), warnings: [] }, 'attached');
    else if (step.kind === 'ready') {
      if (!states.has(step.instance)) {
        const app = APPS[step.instance % APPS.length];
        to(step.instance, 'InstanceRequested', 'requested', {
          app,
          version: 'v1',
          slot: step.instance,
          attempt: 1,
          owner: 'd',
          gated: true,
        });
        to(step.instance, 'InstancePlaced', 'starting', { node: NODES[step.instance % 2], hostPorts: [31_000 + step.instance] });
        to(step.instance, 'ContainerStarted', 'running.checked.settling', {
          containerId: 'c',
          ipAddresses: step.instance % 3 === 0 ? [`172.17.0.${step.instance}`] : [],
        });
      }
      to(step.instance, 'InstanceBecameReady', 'running.checked.ready');
    } else if (states.has(step.instance)) {
      if (step.kind === 'unready')
        to(step.instance, 'InstanceBecameUnhealthy', 'running.checked.unhealthy', { probe: 'p', failures: 1, cause: 'c' });
      if (step.kind === 'gone') {
        to(step.instance, 'InstanceStopRequested', 'draining', { reason: 'test' });
        to(step.instance, 'ContainerExited', 'killed', { oom: false, exitCode: 0 });
        states.delete(step.instance);
        lives.set(step.instance, ++stopped);
      }
    }
  };
  /** All records there should be, made anew. */
  const whole = (): readonly DnsRecord[] => {
    const tasks = [...views.instances.all()]
      .filter(({ state }) => state === 'running.checked.ready')
      .flatMap(({ id }) => views.discovery.tasksOf(id));
    const mesos = zoneOf({ domain: 'mesos', framework: { name: 'marathon', ...leader }, leader, nodes: nodes(), tasks }, sha1).records;
    return [
      ...mesos,
      ...tasks.flatMap((task) => [
        ...dcosRecords(task, 'marathon'),
        ...vipRecords(task, 'marathon', () => ['127.0.0.1']),
        ...shortRecords(task, 'wharf', sha1),
      ]),
    ];
  };
  return { views, names, take, whole };
};

const text = ({ type, host }: DnsRecord) => `${type} ${host}`;

test('names that followed every fact are those that are made anew, whatever happened and whenever they were asked for', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const { names, take, whole } = harbour();
      const seen = new Set<string>();
      const check = (): void => {
        const wanted = Map.groupBy(whole(), ({ name }) => keyOfName(name));
        for (const name of wanted.keys()) seen.add(name);
        for (const name of seen) {
          const found = names.find(name);
          const should = [...new Set((wanted.get(name) ?? []).map(text))].sort();
          expect([name, found?.records.map(text).sort()]).toEqual([name, should]);
          if (should.length > 0) expect(found?.exists).toBe(true);
        }
      };
      for (const step of all) {
        take(step);
        if (step.kind === 'ask') check();
      }
      check();
    }),
    { numRuns: 150 },
  );
});

test('an answer holds as long as nothing below its name has changed, and no longer', () => {
  const { names, take } = harbour();
  take({ kind: 'ready', instance: 0 });
  take({ kind: 'ready', instance: 1 });
  const web = names.find('web.wharf');
  const shop = names.find('web.shop.wharf');
  take({ kind: 'ready', instance: 5 });
  expect([web?.holds(), shop?.holds()]).toEqual([false, true]);
  const again = names.find('web.wharf');
  for (const instance of [0, 5]) take({ kind: 'gone', instance });
  take({ kind: 'ready', instance: 0 });
  expect([again?.holds(), shop?.holds()]).toEqual([false, true]);
  expect(names.find('web.wharf')?.records.filter(({ type }) => type === 'A')).toHaveLength(1);
});

test('whoever asks after more changes than are remembered still gets what is there', () => {
  const { names, take } = harbour();
  take({ kind: 'ready', instance: 0 });
  const before = names.find('_http._tcp.web.wharf')?.records;
  for (let nth = 0; nth < 1_500; nth++) for (const kind of ['unready', 'ready'] as const) take({ kind, instance: 0 });
  take({ kind: 'ready', instance: 5 });
  expect(names.find('_http._tcp.web.wharf')?.records).toHaveLength((before?.length ?? 0) + 1);
});
