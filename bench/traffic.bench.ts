/**
 * Load balancing: requests a second and p99 through HAProxy by our generated configuration beside a minimal one written by hand, in turns
 * over the same backends; the embedded balancer beside them; the time until a change of weights takes effect; reloads during a roll.
 *   node bench/traffic.bench.ts [--json] [--rounds 5] [--seconds 3] [--connections 32] [--changes 100]
 * Needs haproxy and wrk: apt-get install haproxy wrk
 */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { connect } from 'node:net';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { embeddedBalancer } from '../src/adapters/balancer/embedded/embedded.ts';
import { haproxyBalancer, haproxyVersion } from '../src/adapters/balancer/haproxy/haproxy.ts';
import type { Balancer } from '../src/domain/ports/balancer.ts';
import type { Pool, RouteTable, Server } from '../src/domain/traffic/table.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '32' },
    changes: { type: 'string', default: '100' },
  },
});
const EXPECTED_RATIO = 0.95;
const SERVERS = 3;
const ROLL = 10;
/** Two versions of backends, then the listeners. */
const FIRST_PORT = 18_100;
const PORTS = { ours: 18_180, split: 18_181, byHand: 18_182, embedded: 18_183 };

const has = (program: string): boolean => {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};
if (!has('wrk') || (await haproxyVersion()) === undefined) {
  console.error('missing: apt-get install haproxy wrk');
  process.exit(1);
}

const dir = await mkdtemp(join(tmpdir(), 'wharf-traffic-'));
const serving = async (port: number): Promise<void> => {
  for (;;) {
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
      socket.on('connect', () => socket.destroy());
    });
    if (isThere) return;
    await pause(10);
  }
};
const children: ChildProcess[] = [];
const haproxy = async (name: string, lines: readonly string[], port: number): Promise<void> => {
  const file = join(dir, `${name}.cfg`);
  await writeFile(file, `${lines.join('\n')}\n`);
  children.push(spawn('haproxy', ['-db', '-f', file], { stdio: ['ignore', 'ignore', 'inherit'] }));
  await serving(port);
};
const TIMEOUTS = ['defaults', '  mode http', '  timeout connect 5s', '  timeout client 60s', '  timeout server 60s', ''];

/** What answers is HAProxy too: nothing that a balancer could wait for. */
const backendOf = (version: number, nth: number): number => FIRST_PORT + version * ROLL + nth;
await haproxy(
  'backends',
  [
    ...TIMEOUTS,
    ...[0, 1].flatMap((version) => [
      `frontend version${version}`,
      ...Array.from({ length: ROLL }, (_, nth) => `  bind 127.0.0.1:${backendOf(version, nth)}`),
      `  http-request return status 200 content-type text/plain string v${version}`,
    ]),
  ],
  backendOf(1, ROLL - 1),
);
await haproxy(
  'by-hand',
  [
    ...TIMEOUTS,
    'frontend in',
    `  bind *:${PORTS.byHand}`,
    '  default_backend app',
    'backend app',
    '  balance roundrobin',
    ...Array.from({ length: SERVERS }, (_, nth) => `  server s${nth} 127.0.0.1:${backendOf(0, nth)}`),
  ],
  PORTS.byHand,
);

const serverOf = (version: number, nth: number): Server => ({
  instance: `v${version}-${nth}`,
  address: '127.0.0.1',
  port: backendOf(version, nth),
  isDraining: false,
});
const poolOf = (version: number, count: number, weight?: number): Pool => ({
  version: `v${version}`,
  servers: Array.from({ length: count }, (_, nth) => serverOf(version, nth)),
  ...(weight !== undefined && { weight }),
});
const tableOf = (routes: readonly { readonly port: number; readonly pools: readonly Pool[] }[]): RouteTable => ({
  listeners: routes.map(({ port }) => ({ id: `http:${port}`, address: '*', port, mode: 'http' as const, acceptsProxy: false })),
  routes: routes.map(({ port, pools }) => ({
    id: `/web${port}:0`,
    app: `/web${port}`,
    listeners: [`http:${port}`],
    mode: 'http' as const,
    hosts: [],
    redirectToHttps: false,
    hsts: false,
    balance: 'roundrobin' as const,
    timeouts: { connectMs: 5000, serverMs: 60_000 },
    pools,
    rules: [],
  })),
});
const alike = [poolOf(0, SERVERS)];
const divided = (weight: number): readonly Pool[] => [poolOf(0, SERVERS, 100 - weight), poolOf(1, SERVERS, weight)];

const ours = await haproxyBalancer({ dir: join(dir, 'ours') });
await ours.apply(
  tableOf([
    { port: PORTS.ours, pools: alike },
    { port: PORTS.split, pools: divided(10) },
  ]),
);
const embedded = embeddedBalancer();
await embedded.apply(tableOf([{ port: PORTS.embedded, pools: alike }]));

type Load = { readonly perSecond: number; readonly p99Ms: number };
const UNITS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000 };
const run = promisify(execFile);
const load = async (port: number): Promise<Load> => {
  const { stdout } = await run('wrk', ['-t1', `-c${values.connections}`, `-d${values.seconds}s`, '--latency', `http://127.0.0.1:${port}/`]);
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`not all were answered: ${stdout}`);
  const [, p99, unit = ''] = /99%\s+([\d.]+)(us|ms|s)/.exec(stdout) ?? [];
  return { perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]), p99Ms: Number(p99) * (UNITS[unit] ?? Number.NaN) };
};

const spread = (figures: readonly number[]) => {
  const sorted = figures.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
  return { min: at(0), p50: at(0.5), p99: at(0.99), max: at(1) };
};

const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const ask = (port: number): Promise<string> =>
  new Promise((resolve, reject) => {
    get({ port, host: '127.0.0.1', agent }, (answer) => {
      let text = '';
      answer.setEncoding('latin1').on('data', (part) => {
        text += part;
      });
      answer.on('end', () => resolve(text));
    }).on('error', reject);
  });

/** From the call until the first answer by the new weights; a client asks all the time. */
const takeEffect = async (balancer: Balancer, port: number): Promise<readonly number[]> => {
  const times: number[] = [];
  await balancer.apply(tableOf([{ port, pools: divided(0) }]));
  while ((await ask(port)) !== 'v0');
  for (let nth = 1; nth <= Number(values.changes); nth++) {
    const began = performance.now();
    const applied = balancer.apply(tableOf([{ port, pools: divided(nth % 2 === 0 ? 0 : 100) }]));
    while ((await ask(port)) !== `v${nth % 2}`);
    times.push(performance.now() - began);
    await applied;
  }
  return times;
};

/** One by one of ten is drained and replaced. */
const reloadsOfRoll = async (balancer: Balancer, port: number): Promise<number> => {
  await balancer.apply(tableOf([{ port, pools: [poolOf(0, ROLL)] }]));
  const before = balancer.reloads();
  for (let done = 0; done <= ROLL; done++) {
    const old = Array.from({ length: ROLL - done }, (_, nth) => serverOf(0, nth + done));
    const leaving = done === 0 ? [] : [{ ...serverOf(0, done - 1), isDraining: true }];
    const pools = [
      { version: 'v0', servers: [...leaving, ...old] },
      { version: 'v1', servers: Array.from({ length: Math.min(ROLL, done + 1) }, (_, nth) => serverOf(1, nth)) },
    ];
    await balancer.apply(tableOf([{ port, pools }]));
    await ask(port);
  }
  return balancer.reloads() - before;
};

const sides = [
  { who: 'haproxy, ours', port: PORTS.ours },
  { who: 'haproxy, ours, split by weight', port: PORTS.split },
  { who: 'haproxy, by hand', port: PORTS.byHand },
  { who: 'embedded', port: PORTS.embedded },
] as const;
const loads = new Map<string, Load[]>(sides.map(({ who }) => [who, []]));
let effect: Record<string, readonly number[]> = {};
let reloads: Record<string, number> = {};
try {
  for (const { port } of sides) await load(port);
  // Each time another one is first, so that none has the warm machine for itself.
  for (let round = 0; round < Number(values.rounds); round++)
    for (const { who, port } of [...sides.slice(round % sides.length), ...sides.slice(0, round % sides.length)])
      loads.get(who)?.push(await load(port));
  effect = { haproxy: await takeEffect(ours, PORTS.ours), embedded: await takeEffect(embedded, PORTS.embedded) };
  reloads = { haproxy: await reloadsOfRoll(ours, PORTS.ours), embedded: await reloadsOfRoll(embedded, PORTS.embedded) };
} finally {
  agent.destroy();
  for (const child of children) child.kill();
  await Promise.all([ours.close(), embedded.close()]);
  await rm(dir, { recursive: true, force: true });
}

const figuresOf = (who: string) => {
  const all = loads.get(who) ?? [];
  return { perSecond: spread(all.map(({ perSecond }) => perSecond)), p99Ms: spread(all.map(({ p99Ms }) => p99Ms)) };
};
/** Of rounds that stood beside each other, so that a machine that slows down slows both. */
const ratioTo = (who: string, base: string): number =>
  spread((loads.get(who) ?? []).map(({ perSecond }, nth) => perSecond / (loads.get(base)?.[nth]?.perSecond ?? Number.NaN))).p50;

const result = {
  name: 'traffic',
  machine: `${cpus().length} × ${cpus()[0]?.model}, ${Math.round(totalmem() / 2 ** 30)} GiB, node ${process.version}, load ${loadavg()[0]?.toFixed(1)}`,
  haproxy: await haproxyVersion(),
  connections: Number(values.connections),
  sides: Object.fromEntries(sides.map(({ who }) => [who, figuresOf(who)])),
  ratios: Object.fromEntries(sides.filter(({ port }) => port !== PORTS.byHand).map(({ who }) => [who, ratioTo(who, 'haproxy, by hand')])),
  expectedRatio: EXPECTED_RATIO,
  weightsTakeEffectMs: Object.fromEntries(Object.entries(effect).map(([who, times]) => [who, spread(times)])),
  reloadsDuringRoll: reloads,
};
if (values.json) console.log(JSON.stringify(result));
else {
  console.log(`wrk, ${result.connections} connections, ${SERVERS} servers (${result.machine})`);
  console.table(
    sides.map(({ who }) => ({
      who,
      'requests/s, median': Math.round(figuresOf(who).perSecond.p50),
      min: Math.round(figuresOf(who).perSecond.min),
      max: Math.round(figuresOf(who).perSecond.max),
      'p99 ms, median': figuresOf(who).p99Ms.p50,
    })),
  );
  for (const [who, ratio] of Object.entries(result.ratios)) console.log(`${who}: ${ratio.toFixed(2)} of the one by hand`);
  console.log(`expected of the generated one: ≥ ${EXPECTED_RATIO}`);
  for (const [who, { p50, p99, max }] of Object.entries(result.weightsTakeEffectMs))
    console.log(`${who}: a change of weights takes effect in ${p50.toFixed(1)} ms (p50), ${p99.toFixed(1)} (p99), ${max.toFixed(1)} (max)`);
  for (const [who, count] of Object.entries(reloads)) console.log(`${who}: ${count} reloads during a roll of ${ROLL}`);
}
process.exit(0);
