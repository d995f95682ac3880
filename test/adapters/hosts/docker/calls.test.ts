import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { either as E } from 'fp-ts';
import { afterEach, describe, expect, test } from 'vitest';
import { openDockerHost } from '../../../../src/adapters/hosts/docker/dockerHost.ts';
import { turnsOf } from '../../../../src/adapters/hosts/docker/turns.ts';
import type { Clock } from '../../../../src/domain/kernel/ports.ts';
import { specOf } from '../../../support/runSpec.ts';

/** A clock whose timers go off when a test says so. */
const handClock = () => {
  const timers = new Set<{ readonly due: number; readonly callback: () => void }>();
  let now = 0;
  const clock: Clock = {
    now: () => now,
    schedule: (after, callback) => {
      const timer = { due: now + after, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
  };
  const advance = (ms: number) => {
    now += ms;
    for (const timer of [...timers].filter(({ due }) => due <= now)) {
      timers.delete(timer);
      timer.callback();
    }
  };
  return { clock, advance, waiting: () => timers.size };
};

const cleanup: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanup.splice(0).reverse()) await clean();
});

/** Answers like an engine that does `answer`, on a socket of its own. */
const engineThat = async (answer: (response: ServerResponse, path: string) => void): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'wharf-calls-'));
  const server: Server = createServer((request, response) => answer(response, request.url ?? ''));
  const socket = join(directory, 'engine.sock');
  server.listen(socket);
  await once(server, 'listening');
  cleanup.push(async () => {
    server.closeAllConnections();
    server.close();
    await rm(directory, { recursive: true, force: true });
  });
  return socket;
};

const hostAt = (socket: string, clock: Clock) => {
  const host = openDockerHost({ endpoint: { unix: socket }, clock });
  cleanup.push(() => host.close());
  return host;
};

describe('a call to an engine', () => {
  test('settles by its deadline when the answer breaks off within its body', async () => {
    const { clock, advance } = handClock();
    const begun = Promise.withResolvers<void>();
    const socket = await engineThat((response) => {
      response.writeHead(200, { 'Content-Length': '1000' });
      response.write('{"Id":');
      setImmediate(begun.resolve);
    });
    const inspection = hostAt(socket, clock).inspect('i-1')();
    await begun.promise;
    advance(10_000);
    expect(await inspection).toEqual(E.left({ _tag: 'Transient', message: 'inspect wharf-i-1: no answer within 10000 ms' }));
  });

  test('settles by its deadline when nobody answers at all', async () => {
    const { clock, advance } = handClock();
    const asked = Promise.withResolvers<void>();
    const socket = await engineThat(() => asked.resolve());
    const ping = hostAt(socket, clock).ping()();
    await asked.promise;
    advance(1_000);
    expect(await ping).toEqual(E.left({ _tag: 'HostUnreachable', message: 'ping: no answer within 1000 ms' }));
  });

  test('says that a host is unreachable where no engine listens', async () => {
    const { clock } = handClock();
    const result = await hostAt('/nonexistent/engine.sock', clock).inventory()();
    expect(result).toEqual(E.left({ _tag: 'HostUnreachable', message: 'connect ENOENT /nonexistent/engine.sock' }));
  });

  test('never takes a container of another cluster for ours', async () => {
    const { clock } = handClock();
    const foreign = {
      Id: 'f'.repeat(64),
      Name: '/wharf-i-1',
      Config: { Labels: { 'wharfinger.cluster': 'other', 'wharfinger.instance': 'i-1' } },
    };
    const calls: string[] = [];
    const socket = await engineThat((response, path) => {
      calls.push(path);
      const taken = path.startsWith('/containers/create');
      response.writeHead(taken ? 409 : 200, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify(taken ? { message: 'Conflict. The container name "/wharf-i-1" is already in use' } : foreign));
    });
    const host = hostAt(socket, clock);
    expect(await host.inspect('i-1')()).toEqual(E.right(undefined));
    expect(await host.stop('i-1', { signal: 'SIGTERM', killAt: 0 })()).toEqual(E.right(undefined));
    expect(await host.remove('i-1')()).toEqual(E.right(undefined));
    expect(await host.run(specOf('i-1'))()).toEqual(
      E.left({ _tag: 'StartRejected', message: "the name wharf-i-1 belongs to a container that is not of cluster 'wharfinger'" }),
    );
    expect(new Set(calls)).toEqual(new Set(['/containers/wharf-i-1/json', '/containers/create?name=wharf-i-1']));
  });

  test('in a flood settles, and leaves no timer behind', async () => {
    const { clock, waiting } = handClock();
    const socket = await engineThat((response) => {
      response.writeHead(404, { 'Content-Type': 'application/json' });
      response.end('{"message":"No such container"}');
    });
    const host = hostAt(socket, clock);
    const results = await Promise.all(Array.from({ length: 500 }, (_, index) => host.inspect(`i-${index}`)()));
    expect(results.every((result) => E.isRight(result) && result.right === undefined)).toBe(true);
    expect(waiting()).toBe(0);
  });
});

describe('turns to start', () => {
  test('are bounded, first come first served, and come back when the work fails', async () => {
    const { clock } = handClock();
    const turns = turnsOf(clock, 4);
    const log: string[] = [];
    const gates = new Map<string, PromiseWithResolvers<void>>();
    const begin = (name: string, weight: number) => {
      const gate = Promise.withResolvers<void>();
      gates.set(name, gate);
      return turns.take(weight, 1_000, () => {
        log.push(name);
        return gate.promise;
      });
    };
    const first = begin('a', 2);
    const second = begin('b', 2);
    const third = begin('c', 2);
    const fourth = begin('d', 1);
    await Promise.resolve();
    expect(log).toEqual(['a', 'b']);
    gates.get('a')?.reject(new Error('no'));
    await expect(first).rejects.toThrow('no');
    expect(log).toEqual(['a', 'b', 'c']);
    for (const name of ['b', 'c', 'd']) gates.get(name)?.resolve();
    await Promise.all([second, third, fourth]);
    expect(log).toEqual(['a', 'b', 'c', 'd']);
  });

  test('are not waited for without end', async () => {
    const { clock, advance } = handClock();
    const turns = turnsOf(clock, 1);
    const gate = Promise.withResolvers<void>();
    const holding = turns.take(1, 1_000, () => gate.promise);
    const waiting = turns.take(1, 1_000, () => Promise.resolve());
    advance(1_000);
    await expect(waiting).rejects.toThrow('waited 1000 ms for a turn to start');
    gate.resolve();
    await holding;
    expect(await turns.take(1, 1_000, () => Promise.resolve('next'))).toBe('next');
  });
});
