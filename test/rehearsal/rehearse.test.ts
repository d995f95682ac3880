import { describe, expect, test } from 'vitest';
import { definitionsOf } from '../../src/rehearsal/definitions.ts';
import { type RehearsalOptions, rehearse } from '../../src/rehearsal/rehearse.ts';

const web = (more: object = {}) => ({
  id: '/web',
  cmd: 'exec serve',
  cpus: 0.1,
  mem: 32,
  instances: 5,
  healthChecks: [{ protocol: 'HTTP', path: '/', intervalSeconds: 2, gracePeriodSeconds: 10 }],
  ...more,
});

const tried = (strategy: string, options: Partial<RehearsalOptions> = {}, app: object = {}) =>
  rehearse({ ...definitionsOf(web(app), strategy), hosts: 8, ...options });

const statesOf = ({ moments }: Awaited<ReturnType<typeof tried>>) => moments.filter(({ kind }) => kind === 'state').map(({ text }) => text);

describe('a rehearsal', () => {
  test('without faults goes through the states of the strategy, with nobody missing', async () => {
    const seen = await tried('bluegreen');
    expect(statesOf(seen)).toEqual(
      expect.arrayContaining(['shielding', 'greening', 'switching', 'baking', 'keeping', 'retiring', 'succeeded']),
    );
    expect([seen.outcome, seen.leastReady, seen.mostLive]).toEqual(['succeeded', 5, 10]);
    expect(seen.moments.some(({ kind }) => kind === 'fault')).toBe(false);
    expect(seen.moments.find(({ text }) => text === 'retiring')?.share).toBe(100);
  });

  test('is the same for the same seed, and another for another', async () => {
    const [one, same, other] = [
      await tried('rolling', { faults: 7 }),
      await tried('rolling', { faults: 7 }),
      await tried('rolling', { faults: 8 }),
    ];
    expect(same).toEqual(one);
    expect(other.moments).not.toEqual(one.moments);
  });

  test.for(['rolling', 'recreate', 'bluegreen', 'canary', 'ab'])('%s ends under faults', async (strategy) => {
    for (const faults of [1, 2, 3]) {
      const { outcome } = await tried(strategy, { faults });
      expect(['succeeded', 'failed'], `seed ${faults}`).toContain(outcome);
    }
  });

  test('answers what a strategy asks people', async () => {
    const approving = { deployment: { strategy: 'bluegreen', parameters: { approve: true } } };
    const seen = await tried('bluegreen', {}, approving);
    expect(seen.moments.find(({ kind }) => kind === 'answer')?.text).toBe('somebody approves: The new version is ready. Switch to it?');
    expect(seen.outcome).toBe('succeeded');
    expect((await tried('ab')).moments.find(({ kind }) => kind === 'answer')?.text).toBe('somebody chooses the new version');
  });

  test('that would take longer than it may is left unfinished', async () => {
    expect((await tried('canary', { limitMs: 60_000 })).outcome).toBe('unfinished');
  });

  test('refuses what an engine would refuse', () => {
    expect(() => definitionsOf(web(), 'nothing')).toThrow("there is no strategy 'nothing'");
    expect(() => definitionsOf(web({ cpus: -1 }), 'rolling')).toThrow('/cpus');
    expect(() => definitionsOf(web(), 'rolling', { batchSize: 0 })).toThrow('/deployment/parameters/batchSize');
  });
});
