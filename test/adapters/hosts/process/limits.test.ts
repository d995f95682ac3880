import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readStat } from '../../../../src/adapters/hosts/process/state.ts';
import { ended, succeeded } from '../../../contracts/hostRuntime.contract.ts';
import { type OpenedProcessHost, openTemporaryHost, processSpec } from './harness.ts';

let opened: OpenedProcessHost;
afterEach(() => opened.cleanup());

describe('where cgroups may be made', () => {
  beforeEach(async () => {
    opened = await openTemporaryHost();
  });
  const limited = (name: string, body: () => Promise<void>) =>
    test(name, async (context) => {
      const { enforces } = succeeded(await opened.host.offer()());
      if (!(enforces.cpu && enforces.memory) && process.env.CI !== 'true') return context.skip('no cgroup can be made here');
      return body();
    });

  limited('an application that wants more memory than it asked for is ended, and only it', async () => {
    const spec = processSpec({ command: { shell: 'x=0123456789; while :; do x=$x$x; done' }, mem: 32 });
    const neighbour = processSpec({});
    succeeded(await opened.host.run(neighbour)());
    const told = Promise.withResolvers<string>();
    const observing = opened.host.observe((hint) => hint.type === 'OutOfMemory' && told.resolve(hint.instance));
    succeeded(await opened.host.run(spec)());
    expect((await ended(opened.host, spec.instance)).exit).toMatchObject({ signal: 'SIGKILL', oom: true });
    expect(await told.promise).toBe(spec.instance);
    expect(succeeded(await opened.host.inspect(neighbour.instance)())?.status).toBe('running');
    observing.close();
  });

  limited('its cpu limit is the one it asked for', async () => {
    const spec = processSpec({ command: { shell: 'cat /proc/self/cgroup; exec sleep 600' }, cpus: 0.25, mem: 48 });
    succeeded(await opened.host.run(spec)());
    const stats = succeeded(await opened.host.stats(spec.instance)());
    expect(stats.memoryLimitBytes).toBe(48 * 1024 * 1024);
    const launch = await readFile(join(opened.root, spec.instance, 'launch'), 'utf8');
    const group = /^cg_(?:cpu|v2)='(.+)'$/m.exec(launch)?.[1] ?? '';
    const quota = await readFile(join(group, 'cpu.cfs_quota_us'), 'utf8').catch(() => readFile(join(group, 'cpu.max'), 'utf8'));
    expect(quota.trim().split(' ')[0]).toBe('25000');
  });

  limited('children that left its session end with it', async () => {
    const spec = processSpec({ command: { shell: 'setsid sh -c "echo \\$\\$; exec sleep 600" & exec sleep 600' } });
    succeeded(await opened.host.run(spec)());
    let escaped = 0;
    for await (const { text } of opened.host.logs(spec.instance, { follow: true })) {
      escaped = Number(text);
      break;
    }
    expect(['R', 'S']).toContain((await readStat(escaped))?.state);
    succeeded(await opened.host.stop(spec.instance, { signal: 'SIGTERM', killAt: Date.now() + 60_000 })());
    // Killed, it is nobody's child any more: perhaps init has not buried it yet.
    expect(['Z', 'X', undefined]).toContain((await readStat(escaped))?.state);
  });
});

test('where none may be made, the offer says so and the application runs all the same', async () => {
  opened = await openTemporaryHost({ cgroupParent: '' });
  const offer = succeeded(await opened.host.offer()());
  expect(offer.enforces).toEqual({ cpu: false, memory: false });
  expect(offer.warnings).toHaveLength(3);
  const spec = processSpec({ command: { shell: 'exit 3' } });
  succeeded(await opened.host.run(spec)());
  expect((await ended(opened.host, spec.instance)).exit?.exitCode).toBe(3);
});
