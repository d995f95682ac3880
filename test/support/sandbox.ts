import { onTestFinished } from 'vitest';
import type { Recorded } from '../../src/domain/kernel/recorded.ts';
import type { Past } from '../../src/domain/ports/past.ts';
import { arrayPast } from '../../src/history/arrayPast.ts';
import { type Fork, type ForkOptions, forkAt } from '../../src/whatIf/fork.ts';
import { type Asked, outsideOf } from '../../src/whatIf/outside.ts';

/** Monday morning. */
export const MORNING = Date.UTC(2030, 0, 7, 9);

/** A cluster whose whole life is recorded from its first fact on: what sandboxes are started from in tests. */
export type RecordedCluster = {
  readonly fork: Fork;
  /** Moves on by seconds. */
  pass(seconds: number): Promise<void>;
  ask(method: string, url: string, body?: unknown): Promise<Asked>;
  facts(): readonly Recorded[];
  past(): Past;
};

export type ClusterOptions = ForkOptions & {
  readonly nodes?: number;
  readonly cpus?: number;
  readonly onEnd?: (close: () => Promise<void>) => void;
};

/** Nodes `n1`, `n2` … on racks `r1`, `r2`, `r1` …. */
export const recordedCluster = async ({
  nodes = 3,
  cpus = 4,
  onEnd = onTestFinished,
  ...options
}: ClusterOptions = {}): Promise<RecordedCluster> => {
  const fork = await forkAt(arrayPast([]), 0, {
    at: MORNING,
    profile: { startMs: [300, 3_000], stopMs: [100, 900], pullMs: 0, callMs: 2 },
    pace: { heartbeatMs: 2_000, pingDeadlineMs: 1_500, missedMax: 3, inventoryMs: 30_000 },
    ...options,
  });
  const outside = outsideOf(fork);
  onEnd(async () => {
    await outside.close();
    await fork.close();
  });
  const ask: RecordedCluster['ask'] = async (method, url, body) => {
    const made = await outside.ask({ method, url, ...(body !== undefined && { body }) });
    for (let waited = 0; made.answer === undefined && waited < 1_000; waited++) await fork.clock.advanceSettling(fork.clock.now() + 5);
    if (made.answer === undefined) throw new Error(`${method} ${url} has no answer`);
    return made.answer;
  };
  for (let nth = 1; nth <= nodes; nth++)
    await ask('POST', '/v1/nodes', {
      id: `n${nth}`,
      endpoint: { kind: 'simulated', seed: nth },
      offer: { hostname: `n${nth}`, address: `10.0.0.${nth}`, cpus, mem: 4_096, disk: 10_000, gpus: 0, portRanges: [[31_000, 32_000]] },
      attributes: { rack: `r${2 - (nth % 2)}` },
    });
  const facts = (): readonly Recorded[] => fork.tail();
  return {
    fork,
    pass: (seconds) => fork.clock.advanceSettling(fork.clock.now() + seconds * 1_000),
    ask,
    facts,
    past: () => arrayPast(structuredClone(facts())),
  };
};

export const web = (more: object = {}) => ({
  id: '/web',
  cmd: 'exec serve',
  cpus: 0.5,
  mem: 64,
  instances: 4,
  portDefinitions: [{ port: 0 }],
  healthChecks: [{ protocol: 'TCP', intervalSeconds: 5, gracePeriodSeconds: 30 }],
  ...more,
});
