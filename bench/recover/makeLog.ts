import { either as E } from 'fp-ts';
import { startEngine } from '../../src/actors/engine.ts';
import { systemClock } from '../../src/adapters/clock/systemClock.ts';
import { simulatedHosts } from '../../src/adapters/hosts/simulated/simulatedHosts.ts';
import { namedIds } from '../../src/adapters/ids/namedIds.ts';
import { randomIds } from '../../src/adapters/ids/randomIds.ts';
import { memoryKeys, sealerOf } from '../../src/adapters/keys/sealer.ts';
import { openSqliteLog } from '../../src/adapters/log/sqlite/sqliteLog.ts';
import { parseApp } from '../../src/domain/app/definition/parse.ts';
import { INSTANCE_NAMESPACE } from '../../src/domain/instance/instance.states.ts';
import { streamOf } from '../../src/domain/kernel/ids.ts';
import type { NodeCommand } from '../../src/domain/node/node.commands.ts';
import { createViews } from '../../src/projections/views.ts';

export type Size = {
  readonly instances: number;
  readonly hosts: number;
  readonly apps: number;
  /** 1: each instance has a health check. */
  readonly checked: number;
};

/** As seldom as may be: what is measured is a start, and not the checks. */
const HEALTH_CHECKS = [{ protocol: 'TCP', port: 80, intervalSeconds: 86_400, gracePeriodSeconds: 0 }];

/** A log whose last word is that so many instances run: made by an engine on simulated hosts, one rolling deployment per app. */
export const makeLog = async (path: string, { instances, hosts, apps, checked }: Size): Promise<void> => {
  // Nobody waits for the disk here: a log that was lost with the machine is made again.
  const log = await openSqliteLog({ path, synchronous: 'OFF' });
  const clock = systemClock();
  const ids = randomIds();
  const simulated = simulatedHosts({ seed: 1, clock });
  const views = createViews();
  const engine = await startEngine({
    log,
    clock,
    ids,
    instanceId: namedIds(INSTANCE_NAMESPACE),
    sealer: sealerOf(memoryKeys()),
    views,
    probe: async () => ({ _tag: 'Succeeded' }),
    holder: 'bench',
    openHost: async (node, _endpoint, { portRanges: _, ...offer }) => simulated.host(node, offer),
    probeOffer: () => async () => E.left({ _tag: 'HostUnreachable', message: 'simulated' }),
  });
  const submit = async (stream: string, command: { type: string }): Promise<void> => {
    const result = await engine.submit(stream, command, { id: ids.next(), by: 'bench', body: {} });
    if (E.isLeft(result)) throw new Error(result.left.message);
  };
  const offer = { address: '127.0.0.1', cpus: 64, mem: 262_144, disk: 1_000_000, gpus: 0, portRanges: [[31_000, 32_000]] as const };
  const register = (nth: number): NodeCommand => ({
    type: 'RegisterNode',
    endpoint: { kind: 'simulated', seed: 1 },
    offer: { ...offer, hostname: `h${nth}` },
    attributes: {},
    roles: ['*'],
    warnings: [],
  });
  await Promise.all(Array.from({ length: hosts }, (_, nth) => submit(streamOf('node', `h${nth}`), register(nth))));
  const isDone = () => [...views.apps.all()].every(({ deployment }) => deployment === undefined);
  const done = new Promise<void>((resolve) => {
    void log.subscribe(log.head(), (batch) => {
      if (batch.some(({ type }) => type.startsWith('DeploymentEnded')) && [...views.apps.all()].length === apps && isDone()) resolve();
    });
  });
  await Promise.all(
    Array.from({ length: apps }, async (_, nth) => {
      const parsed = parseApp({
        id: `/app${nth}`,
        cmd: 'serve',
        cpus: 0.1,
        mem: 32,
        instances: Math.ceil(instances / apps),
        ...(checked === 1 && { healthChecks: HEALTH_CHECKS }),
      });
      if (E.isLeft(parsed)) throw new Error(JSON.stringify(parsed.left));
      const deploy = { definition: parsed.right, deployment: ids.next(), mode: 'create', force: false, reason: 'create' };
      await submit(streamOf('app', `/app${nth}`), { type: 'DeployApp', ...deploy } as never);
    }),
  );
  await done;
  await engine.stop();
  await log.close();
};
