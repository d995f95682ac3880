import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Balancer } from '../../../domain/ports/balancer.ts';
import { EMPTY_TABLE, type Listener, type RouteTable } from '../../../domain/traffic/table.ts';
import { boundIn, configOf } from './config.ts';
import { fits, layoutOf, lookupsOf } from './layout.ts';
import { masterOf } from './master.ts';
import { createLedger } from './stats.ts';
import { placeOf, usablePart } from './usable.ts';
import { type Worker, workerOf } from './worker.ts';

/** Between two new workers at least; what changes meanwhile goes into the next one. ms */
export const RELOAD_SPACING_MS = 1_000;
/** After it ended by itself it is started anew, after this time, which doubles up to the last; ms. */
const RESTART_FIRST_MS = 100;
const RESTART_LAST_MS = 10_000;
/** What could not be listened on is tried again after this time, ms. */
const RETRY_LISTENERS_MS = 10_000;
/** Path of a unix socket, less what HAProxy adds to it while it changes hands (unix(7): 108 bytes). */
const SOCKET_PATH_MAX = 90;

export type HaproxyOptions = {
  /** Where its configuration is kept; made when absent. One balancer per directory. */
  readonly dir: string;
  readonly binary?: string;
  /** It goes on when this balancer is closed, and the next one takes it over. */
  readonly outlives?: boolean;
  onTrouble?(text: string): void;
};

const exec = promisify(execFile);

/** Version of the HAProxy that is installed, such as `2.6.12`; undefined where there is none, or one older than 2.6. */
export const haproxyVersion = async (binary = 'haproxy'): Promise<string | undefined> => {
  const text = await exec(binary, ['-v'], { env: ENV }).then(
    ({ stdout }) => stdout,
    () => '',
  );
  const [, version, major, minor] = /version ((\d+)\.(\d+)[^\s-]*)/.exec(text) ?? [];
  return Number(major) > 2 || (Number(major) === 2 && Number(minor) >= 6) ? version : undefined;
};

/** Debian keeps it where a plain user's PATH does not look. */
const ENV = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin` };

/**
 * HAProxy 2.6 or newer. Servers, weights and drains change in the running worker; another worker is started, beside the one that gives way,
 * when listeners or routes change. It is started with the first listener.
 * @throws Error where it is not installed
 */
export const haproxyBalancer = async (options: HaproxyOptions): Promise<Balancer> => {
  const { dir, binary = 'haproxy', outlives = false, onTrouble = () => undefined } = options;
  const version = await haproxyVersion(binary);
  if (version === undefined) throw new Error(`there is no ${binary} of version 2.6 or newer`);
  await mkdir(join(dir, 'certificates'), { recursive: true, mode: 0o700 });
  const sockets = await socketFolder(dir);
  const paths = {
    config: join(dir, 'haproxy.cfg'),
    log: join(dir, 'haproxy.log'),
    lookups: join(sockets, 'lookups.map'),
    master: join(sockets, 'master.sock'),
    stats: join(sockets, 'stats.sock'),
    idle: join(sockets, 'idle.sock'),
  };
  const user = await workersUser();
  const master = masterOf(await pathOf(binary), paths);
  const ledger = createLedger();

  let wanted: RouteTable = EMPTY_TABLE;
  let turn = 0;
  let [served, isWorking, isClosed, reloads] = [0, false, false, 0];
  let current: Worker | undefined;
  let bound: ReadonlySet<string> = new Set();
  let leaving: readonly Worker[] = [];
  let warnings: readonly string[] = [];
  let reloadedAt = Number.NEGATIVE_INFINITY;
  let restartMs = RESTART_FIRST_MS;
  let retry: NodeJS.Timeout | undefined;
  const waiting = new Set<{ turn: number; resolve(): void; reject(error: Error): void }>();

  const readCounters = async (): Promise<void> => {
    ledger.begin();
    await pruneLeaving();
    for (const worker of [...leaving, ...(current === undefined ? [] : [current])])
      await worker.stats().then(
        (stats) => ledger.add(String(worker.pid), stats, worker.holders()),
        () => undefined,
      );
  };

  const pruneLeaving = async (): Promise<void> => {
    if (leaving.length === 0) return;
    const alive = await master.workers().catch((): readonly number[] => []);
    for (const { pid } of leaving) if (!alive.includes(pid)) ledger.forget(String(pid));
    leaving = leaving.filter(({ pid }) => alive.includes(pid));
  };

  const certificatesOf = (listener: Listener): string => join(dir, 'certificates', `${listener.id.replace(/[^A-Za-z0-9_.-]/g, '_')}.list`);

  const writeCertificates = async (table: RouteTable): Promise<ReadonlySet<string>> => {
    const kept = new Set<string>();
    for (const listener of table.listeners) {
      if (listener.tls === undefined) continue;
      const lines: string[] = [];
      for (const { hosts, certificate, key } of listener.tls.certificates) {
        const text = `${certificate.trim()}\n${key.trim()}\n`;
        const name = `${createHash('sha256').update(text).digest('hex').slice(0, 32)}.pem`;
        kept.add(name);
        await replaceFile(join(dir, 'certificates', name), text);
        lines.push([join(dir, 'certificates', name), ...hosts].join(' '));
      }
      kept.add(certificatesOf(listener).slice(join(dir, 'certificates').length + 1));
      await replaceFile(certificatesOf(listener), `${lines.join('\n')}\n`);
    }
    return kept;
  };

  const forgetCertificates = async (kept: ReadonlySet<string>): Promise<void> => {
    for (const name of await readdir(join(dir, 'certificates')))
      if (!kept.has(name)) await rm(join(dir, 'certificates', name), { force: true });
  };

  const files = { statsSocket: paths.stats, idleSocket: paths.idle, lookups: paths.lookups, certificatesOf };
  let generation = '';
  const writeConfig = async (table: RouteTable, layout: Worker['layout'], to = paths.config): Promise<void> => {
    await replaceFile(paths.lookups, [...lookupsOf(layout)].map(([key, value]) => `${key} ${value}\n`).join(''));
    await replaceFile(to, configOf(table, layout, { files, generation, ...(user !== undefined && { user }) }));
  };

  /** Another worker for a table that the running one can't be told of. */
  const renew = async (table: RouteTable): Promise<void> => {
    const layout = layoutOf(table, current?.layout);
    const kept = await writeCertificates(table);
    const before = generation;
    generation = `wharf-${randomUUID()}`;
    const trial = `${paths.config}.new`;
    try {
      await writeConfig(table, layout, trial);
      await exec(master.binary, ['-c', '-q', '-f', trial]);
      await rename(trial, paths.config);
      const isRunning = await master.isThere();
      if (isRunning) {
        await readCounters();
        await master.reload();
      } else {
        leaving = [];
        master.start((how) => void revive(how));
      }
      const pid = await master.awaitWorker(generation);
      if (isRunning) {
        reloads += 1;
        if (current !== undefined) leaving = [...leaving, current];
      }
      current = workerOf({ pid, layout, socket: paths.master, lookups: paths.lookups, beforeReuse: readCounters });
      reloadedAt = performance.now();
      bound = new Set(table.listeners.map(placeOf));
      restartMs = RESTART_FIRST_MS;
      await forgetCertificates(kept);
    } catch (error) {
      generation = before;
      throw new Error(`haproxy does not take the routes: ${reasonOf(error)}`);
    }
  };

  const revive = async (how: string): Promise<void> => {
    if (isClosed) return;
    onTrouble(`haproxy ended with ${how} and is started anew`);
    current = undefined;
    leaving = [];
    bound = new Set();
    await wait(restartMs, undefined, { ref: false });
    restartMs = Math.min(RESTART_LAST_MS, restartMs * 2);
    if (isClosed || current !== undefined) return;
    served = Math.min(served, turn - 1);
    await work();
  };

  /** What one that is taken over listens on is ours. */
  const takeOver = async (): Promise<void> => {
    if (current !== undefined || bound.size > 0 || !(await master.isThere())) return;
    bound = boundIn(await readFile(paths.config, 'utf8').catch(() => ''));
  };

  const serve = async (table: RouteTable): Promise<void> => {
    await takeOver();
    const part = await usablePart(await withAddresses(table), bound);
    warnings = part.warnings;
    clearTimeout(retry);
    if (warnings.length > 0) retry = setTimeout(() => void again(), RETRY_LISTENERS_MS).unref();
    if (current === undefined && part.table.listeners.length === 0 && !(await master.isThere())) return;
    if (current !== undefined && !fits(current.layout, part.table)) {
      // Who goes must not wait for the next worker.
      const left = reloadedAt + RELOAD_SPACING_MS - performance.now();
      if (left > 0) {
        await current.take(part.table);
        await wait(left);
        if (table !== wanted) return;
      }
    }
    if (current === undefined || !fits(current.layout, part.table)) await renew(part.table);
    else await current.take(part.table);
    await pruneLeaving();
    for (const worker of leaving) await worker.take(part.table).catch(() => undefined);
    if (current !== undefined) await writeConfig(part.table, current.layout);
  };

  const again = async (): Promise<void> => {
    served = Math.min(served, turn - 1);
    await work();
  };

  /** One table at a time; whoever waits for an earlier one is content with a later one. */
  const work = async (): Promise<void> => {
    if (isWorking) return;
    isWorking = true;
    while (served < turn && !isClosed) {
      const [now, table] = [turn, wanted];
      let fault: Error | undefined;
      try {
        await serve(table);
      } catch (error) {
        fault = error instanceof Error ? error : new Error(String(error));
      }
      if (table !== wanted && fault === undefined) continue;
      served = now;
      for (const each of [...waiting]) {
        if (each.turn > now) continue;
        waiting.delete(each);
        if (fault === undefined) each.resolve();
        else each.reject(fault);
      }
    }
    isWorking = false;
  };

  return {
    name: `haproxy ${version}`,
    apply: (table) =>
      new Promise((resolve, reject) => {
        if (isClosed) return reject(new Error('haproxy is closed'));
        wanted = table;
        turn += 1;
        waiting.add({ turn, resolve, reject });
        void work();
      }),
    warnings: () => warnings,
    counters: async () => {
      await readCounters();
      return ledger.read();
    },
    busyWith: async (instance) => {
      let busy = 0;
      for (const worker of [...leaving, ...(current === undefined ? [] : [current])]) {
        const holders = worker.holders();
        if (![...holders.values()].some((holder) => holder.instance === instance)) continue;
        const stats = await worker.stats().catch(() => []);
        for (const { at, current: now } of stats) if (holders.get(at)?.instance === instance) busy += now;
      }
      return busy;
    },
    reloads: () => reloads,
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      clearTimeout(retry);
      for (const each of waiting) each.reject(new Error('haproxy is closed'));
      waiting.clear();
      if (outlives) return;
      await master.end();
      await rm(sockets, { recursive: true, force: true });
    },
  };
};

const reasonOf = (error: unknown): string => {
  const { stderr, message } = error as { readonly stderr?: string; readonly message: string };
  return stderr?.trim().replace(/\s+/g, ' ') || message;
};

const replaceFile = async (path: string, text: string): Promise<void> => {
  await writeFile(`${path}.part`, text, { mode: 0o600 });
  await rename(`${path}.part`, path);
};

/** Beside the configuration where the path of a socket has room for it and needs no quotes. */
const socketFolder = async (dir: string): Promise<string> => {
  const beside = join(dir, 'run');
  const isFit = join(beside, 'master.sock').length <= SOCKET_PATH_MAX && /^[\w./-]+$/.test(beside);
  const folder = isFit ? beside : join(tmpdir(), `wharf-haproxy-${createHash('sha256').update(dir).digest('hex').slice(0, 16)}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
};

const pathOf = async (binary: string): Promise<string> => {
  if (binary.includes('/')) return binary;
  const { stdout } = await exec('sh', ['-c', 'command -v "$1"', 'sh', binary], { env: ENV });
  return stdout.trim();
};

/** Where the engine is root, workers are not, if the package has made a user for them. */
const workersUser = async (): Promise<{ readonly name: string; readonly group: string } | undefined> => {
  if (process.getuid?.() !== 0) return undefined;
  const users = await readFile('/etc/passwd', 'utf8').catch(() => '');
  return users.includes('\nhaproxy:') ? { name: 'haproxy', group: 'haproxy' } : undefined;
};

/** HAProxy is told addresses while it runs, and takes no names then. */
const withAddresses = async (table: RouteTable): Promise<RouteTable> => {
  const names = new Set(
    table.routes.flatMap(({ pools }) =>
      pools.flatMap(({ servers }) => servers.flatMap(({ address }) => (isIP(address) === 0 ? [address] : []))),
    ),
  );
  if (names.size === 0) return table;
  const found = new Map<string, string>();
  await Promise.all(
    [...names].map(async (name) =>
      lookup(name).then(
        ({ address }) => found.set(name, address),
        () => undefined,
      ),
    ),
  );
  return {
    ...table,
    routes: table.routes.map((route) => ({
      ...route,
      pools: route.pools.map((pool) => ({
        ...pool,
        servers: pool.servers.flatMap((server) => {
          const address = isIP(server.address) === 0 ? found.get(server.address) : server.address;
          return address === undefined ? [] : [{ ...server, address }];
        }),
      })),
    })),
  };
};
