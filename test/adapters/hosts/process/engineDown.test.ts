import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isAlive, readBootId, readIdentity } from '../../../../src/adapters/hosts/process/state.ts';
import type { RunSpec } from '../../../../src/domain/ports/hosts.ts';
import { ended, succeeded } from '../../../contracts/hostRuntime.contract.ts';
import { type OpenedProcessHost, openTemporaryHost, processSpec } from './harness.ts';

let opened: OpenedProcessHost;
beforeEach(async () => {
  opened = await openTemporaryHost();
});
afterEach(() => opened.cleanup());

const identityOf = async (instance: string, who: 'app' | 'shim') => {
  const identity = await readIdentity(join(opened.root, instance, who));
  if (identity === undefined) throw new Error(`${instance} has no ${who} record`);
  return identity;
};

/** The engine is another process, and is killed as soon as it has started the instance. */
const runByAnEngineThatIsKilled = async (spec: RunSpec): Promise<void> => {
  const engine = spawn(process.execPath, [fileURLToPath(new URL('./engine.ts', import.meta.url)), opened.root, JSON.stringify(spec)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = await once(engine.stdout, 'data');
  expect(String(said)).toBe('started\n');
  engine.kill('SIGKILL');
  await once(engine, 'exit');
};

/** Nobody of ours looks until the shim has gone, so the end has surely happened without an engine. */
const shimGone = async (instance: string) => {
  const [shim, bootId] = [await identityOf(instance, 'shim'), await readBootId()];
  while (await isAlive(shim, bootId)) await new Promise((resolve) => setTimeout(resolve, 20));
};

test('exit 3 while the engine is dead is known right after its restart', async () => {
  const spec = processSpec({ command: { shell: 'sleep 0.5; exit 3' } });
  await runByAnEngineThatIsKilled(spec);
  await shimGone(spec.instance);
  const reborn = await opened.reopen();
  const [seen] = succeeded(await reborn.inventory()());
  expect(seen).toMatchObject({ instance: spec.instance, status: 'exited', exit: { exitCode: 3, oom: false } });
  expect(seen?.exit?.at).toBeGreaterThan(seen?.startedAt ?? Number.POSITIVE_INFINITY);
  await reborn.close();
});

test('SIGKILL of the application while the engine is dead is known right after its restart', async () => {
  const spec = processSpec({ command: { shell: 'exec sleep 600' } });
  await runByAnEngineThatIsKilled(spec);
  process.kill((await identityOf(spec.instance, 'app')).pid, 'SIGKILL');
  await shimGone(spec.instance);
  const reborn = await opened.reopen();
  expect(succeeded(await reborn.inspect(spec.instance)())).toMatchObject({ status: 'exited', exit: { signal: 'SIGKILL', oom: false } });
  await reborn.close();
});

test('output written while the engine is dead is there after its restart', async () => {
  const spec = processSpec({ command: { shell: 'sleep 0.3; echo late; echo wrong >&2' } });
  await runByAnEngineThatIsKilled(spec);
  await shimGone(spec.instance);
  const lines: string[] = [];
  for await (const { stream, text } of opened.host.logs(spec.instance, { follow: false })) lines.push(`${stream} ${text}`);
  expect(lines.toSorted()).toEqual(['stderr wrong', 'stdout late']);
});

test('an application whose shim was killed still runs, is stopped, and its end is told without a guess', async () => {
  const spec = processSpec({ command: { shell: 'exec sleep 600' } });
  const started = succeeded(await opened.host.run(spec)());
  process.kill((await identityOf(spec.instance, 'shim')).pid, 'SIGKILL');
  await shimGone(spec.instance);
  expect(succeeded(await opened.host.inspect(spec.instance)())).toEqual(started);
  expect(succeeded(await opened.host.run(spec)())).toEqual(started);
  const end = succeeded(await opened.host.stop(spec.instance, { signal: 'SIGTERM', killAt: Date.now() + 60_000 })());
  expect(end).toMatchObject({ status: 'exited', exit: { oom: false } });
  expect(end?.exit).toEqual({ oom: false });
  succeeded(await opened.host.remove(spec.instance)());
});

test('an application that ended after its shim was killed has ended, in a way nobody knows', async () => {
  const spec = processSpec({ command: { shell: 'exec sleep 600' } });
  succeeded(await opened.host.run(spec)());
  process.kill((await identityOf(spec.instance, 'shim')).pid, 'SIGKILL');
  await shimGone(spec.instance);
  process.kill((await identityOf(spec.instance, 'app')).pid, 'SIGKILL');
  expect((await ended(opened.host, spec.instance)).exit).toEqual({ oom: false });
});

test('a record of an earlier boot is an ended process, whoever has its number now', async () => {
  const { pid, startTicks } = await identityOf((await running()).instance, 'app');
  expect(await isAlive({ pid, startTicks, bootId: 'another boot' }, await readBootId())).toBe(false);
  expect(await isAlive({ pid, startTicks: '1', bootId: await readBootId() }, await readBootId())).toBe(false);
});

test('an engine that died while it prepared leaves something created, which the next run starts', async () => {
  const spec = processSpec({ command: { shell: 'exit 5' } });
  await mkdir(join(opened.root, spec.instance, 'staging-of-a-dead-engine', 'sandbox'), { recursive: true });
  expect(succeeded(await opened.host.inspect(spec.instance)())?.status).toBe('created');
  succeeded(await opened.host.run(spec)());
  expect((await ended(opened.host, spec.instance)).exit?.exitCode).toBe(5);
});

test('what was stopped before it began can never begin', async () => {
  const spec = processSpec({ command: { shell: 'echo began' } });
  await mkdir(join(opened.root, spec.instance), { recursive: true });
  const end = succeeded(await opened.host.stop(spec.instance, { signal: 'SIGTERM', killAt: 0 })());
  expect(end?.status).toBe('exited');
  expect(succeeded(await opened.host.run(spec)())).toEqual(end);
  await expect(readFile(join(opened.root, spec.instance, 'app'))).rejects.toMatchObject({ code: 'ENOENT' });
});

const running = async () => succeeded(await opened.host.run(processSpec({}))());
