import { describe, expect, test } from 'vitest';
import { simulatedClock } from '../../../src/adapters/clock/simulatedClock.ts';
import { simulatedHosts } from '../../../src/adapters/hosts/simulated/simulatedHosts.ts';
import type { GenericCheck } from '../../../src/domain/app/definition/checks.ts';
import { answered, failed, proberWorld, START, watched } from './world.ts';

const timing = { intervalSeconds: 10, timeoutSeconds: 5, delaySeconds: 15 };
const host = simulatedHosts({ seed: 1, clock: simulatedClock(START) }).host('node-1', {
  cpus: 1,
  mem: 1,
  disk: 1,
  gpus: 0,
  hostname: 'h',
  address: '10.0.0.1',
});

describe('the informational check', () => {
  test('shows its last answer and nothing follows from it: an instance with no other check is ready at once', async () => {
    const { prober, pass, types, asked, world } = proberWorld(() => answered(503));
    prober.watch(watched({ check: { http: { portIndex: 0, path: '/status', scheme: 'HTTPS' }, ...timing } }));
    expect(types()).toEqual(['ready']);
    expect(prober.checkOf('i-1')).toEqual({ http: {} });
    await pass(16_000);
    expect(asked.map(({ target, timeoutMs }) => [target, timeoutMs])).toEqual([
      [{ kind: 'http', scheme: 'https', address: '10.0.0.1', port: 31_000, path: '/status', family: 4, keepsBody: false }, 5_000],
    ]);
    expect(prober.checkOf('i-1')).toEqual({ http: { statusCode: 503 } });
    world.reply = () => failed('refused');
    await pass(10_000);
    expect(prober.checkOf('i-1')).toEqual({ http: {} });
    expect(types()).toEqual(['ready']);
    prober.unwatch('i-1');
    expect(prober.checkOf('i-1')).toBeUndefined();
  });

  test('of a port says whether it was reached', async () => {
    const { prober, pass, world } = proberWorld(() => ({ _tag: 'Succeeded' }));
    prober.watch(watched({ check: { tcp: { port: 80 }, ...timing } }));
    expect(prober.checkOf('i-1')).toEqual({ tcp: {} });
    await pass(16_000);
    expect(prober.checkOf('i-1')).toEqual({ tcp: { succeeded: true } });
    world.reply = () => failed('refused');
    await pass(10_000);
    expect(prober.checkOf('i-1')).toEqual({ tcp: { succeeded: false } });
  });

  test.each<[NonNullable<GenericCheck['exec']>['command'], readonly string[]]>([
    [{ shell: 'test -f /ok && true' }, ['/bin/sh', '-c', 'test -f /ok && true']],
    [{ argv: ['grep', "it's", 'a b'] }, ['grep', "it's", 'a b']],
  ])('of the command %j says its exit code', async (command, argv) => {
    const { prober, pass, asked, world } = proberWorld(() => ({ ...failed('exit code 3'), exitCode: 3 }) as never);
    prober.watch(watched({ check: { exec: { command }, ...timing }, host }));
    await pass(16_000);
    expect(asked[0]?.target).toEqual({ kind: 'command', host, instance: 'i-1', argv });
    expect(prober.checkOf('i-1')).toEqual({ command: { exitCode: 3 } });
    world.reply = () => ({ _tag: 'Inconclusive', cause: 'its host does not answer' });
    await pass(10_000);
    expect(prober.checkOf('i-1')).toEqual({ command: { exitCode: 3 } });
    world.reply = () => ({ _tag: 'Succeeded' });
    await pass(10_000);
    expect(prober.checkOf('i-1')).toEqual({ command: { exitCode: 0 } });
  });
});

test('commands of a pod are asked beside their own containers, without a shell where they are words', async () => {
  const { prober, pass, asked } = proberWorld(() => ({ _tag: 'Succeeded' }));
  const health = {
    ...timing,
    protocol: 'COMMAND',
    gracePeriodSeconds: 0,
    maxConsecutiveFailures: 3,
    ipProtocol: 'IPv4',
    ignoreHttp1xx: false,
  } as const;
  prober.watch(
    watched({
      healthChecks: [{ ...health, command: { value: 'test -f /ok', argv: ['test', '-f', '/ok'] }, container: 'web' }],
      check: { exec: { command: { shell: 'true' } }, ...timing, container: 'logs' },
      host,
    }),
  );
  await pass(30_000);
  const targets = asked.map(({ target }) => target);
  expect(targets).toContainEqual({ kind: 'command', host, instance: 'i-1', argv: ['test', '-f', '/ok'], container: 'web' });
  expect(targets).toContainEqual({ kind: 'command', host, instance: 'i-1', argv: ['/bin/sh', '-c', 'true'], container: 'logs' });
});
