import { createProber, type ProbeEvent, type Watched } from '../../../src/actors/prober.ts';
import { simulatedClock } from '../../../src/adapters/clock/simulatedClock.ts';
import type { HealthCheck, ReadinessCheck } from '../../../src/domain/app/definition/checks.ts';
import type { ProbeAnswer, ProbeTarget } from '../../../src/domain/ports/probes.ts';

export const START = 1_000_000;

export const httpCheck = (overrides: Partial<HealthCheck> = {}): HealthCheck => ({
  protocol: 'HTTP',
  gracePeriodSeconds: 0,
  intervalSeconds: 10,
  timeoutSeconds: 5,
  maxConsecutiveFailures: 3,
  delaySeconds: 15,
  ipProtocol: 'IPv4',
  ignoreHttp1xx: false,
  path: '/health',
  portIndex: 0,
  ...overrides,
});

export const readinessCheck = (overrides: Partial<ReadinessCheck> = {}): ReadinessCheck => ({
  name: 'warm',
  protocol: 'HTTP',
  path: '/ready',
  portName: 'web',
  intervalSeconds: 10,
  timeoutSeconds: 5,
  httpStatusCodesForReady: [200],
  preserveLastResponse: false,
  ...overrides,
});

export const watched = (overrides: Partial<Watched> = {}): Watched => ({
  instance: 'i-1',
  startedAt: START,
  address: '10.0.0.1',
  ports: [{ name: 'web', port: 31_000 }],
  healthChecks: [],
  readinessChecks: [],
  ...overrides,
});

export const answered = (status: number, body = ''): ProbeAnswer => ({ _tag: 'Answered', status, contentType: 'text/plain', body });
export const failed = (cause: string): ProbeAnswer => ({ _tag: 'Failed', cause });

export type Asked = { readonly at: number; readonly target: ProbeTarget; readonly timeoutMs: number };

/** A prober on the simulated clock; `world.reply` says how the world answers. */
export const proberWorld = (reply: (target: ProbeTarget) => ProbeAnswer | Promise<ProbeAnswer>) => {
  const clock = simulatedClock(START);
  const asked: Asked[] = [];
  const events: (ProbeEvent & { readonly instance: string; readonly at: number })[] = [];
  const world = { reply };
  const prober = createProber({
    clock,
    probe: async (target, timeoutMs) => {
      asked.push({ at: clock.now(), target, timeoutMs });
      return world.reply(target);
    },
    report: (instance, event) => events.push({ ...event, instance, at: clock.now() }),
  });
  return {
    clock,
    asked,
    events,
    prober,
    world,
    /** Lets time pass and promises settle. */
    pass: (ms: number) => clock.advanceSettling(clock.now() + ms),
    types: () => events.map(({ type }) => type),
  };
};
