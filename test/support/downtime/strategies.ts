import { expect } from 'vitest';
import type { Window } from './load.ts';
import { type Policy, type Stage, TRIAL_HEADER } from './stage.ts';

/** How each strategy is taken forward, and how it is taken back half-way, while clients ask. */
export type Way = {
  /** Takes the release forward without anybody who says anything. */
  readonly alone: Policy;
  /** The release serves everybody at its end. */
  forward(stage: Stage, release: string): Promise<void>;
  /** Aborted half-way: the release before serves everybody at its end. */
  back(stage: Stage, release: string): Promise<void>;
};

export type Sample = {
  /** Steps of a canary, percent. A balancer may throw dice, so many answers are needed the nearer a step is to one half. */
  readonly weights: readonly number[];
  /** Answers that a share is measured over. */
  readonly answers: number;
  onShare?(weight: number, observed: number, of: number): void;
};

/** Strategies that nobody would choose for an app that has to answer all the time. */
export const HURTS: ReadonlySet<string> = new Set(['recreate']);

/** Points that an observed share may be away from its weight. */
export const SHARE_POINTS = 2;

const shareOf = ({ plain, trial }: Window, release: string): { readonly share: number; readonly of: number } => {
  const all = [...Object.entries(plain), ...Object.entries(trial)];
  const of = all.reduce((sum, [, count]) => sum + count, 0);
  return { share: all.reduce((sum, [by, count]) => sum + (by === release ? count : 0), 0) / of, of };
};

/** All answers of a while are by one release. */
export const expectOnly = async ({ load }: Stage, release: string, answers = 200): Promise<void> => {
  await load.open();
  const { plain, trial } = await load.until(answers);
  expect([...Object.keys(plain), ...Object.keys(trial)].filter((by) => by !== release)).toEqual([]);
};

export const succeeds = async (stage: Stage, id: string): Promise<void> => {
  const { outcome, state, reason } = await stage.reach(id, /^succeeded$/);
  expect({ outcome, state, reason }).toMatchObject({ outcome: 'succeeded' });
};
/** @param meanwhile what happens right after it was told to */
export const goesBack = async (stage: Stage, id: string, meanwhile?: () => Promise<void>): Promise<void> => {
  await stage.say(id, 'abort');
  await meanwhile?.();
  expect((await stage.reach(id, /^failed$/)).outcome).toBe('failed');
};
const at = async (stage: Stage, id: string, state: string): Promise<void> => {
  expect((await stage.reach(id, new RegExp(`^${state}$`))).state).toBe(state);
};

const TRIAL = { header: TRIAL_HEADER, equals: 'yes' };

export const waysOf = ({ weights, answers, onShare }: Sample): Readonly<Record<string, Way>> => {
  const steps = weights.map((weight) => ({ weight, approve: true }));
  const expectShare = async (stage: Stage, release: string, weight: number): Promise<void> => {
    await stage.load.open();
    const { share, of } = shareOf(await stage.load.until(answers), release);
    onShare?.(weight, share * 100, of);
    expect(Math.abs(share * 100 - weight), `share of weight ${weight} over ${of} requests`).toBeLessThan(SHARE_POINTS);
  };
  return {
    rolling: {
      alone: { strategy: 'rolling', parameters: { batchSize: 2 } },
      forward: async (stage, release) => succeeds(stage, await stage.deploy(release, { strategy: 'rolling' })),
      back: async (stage, release) => {
        const id = await stage.deploy(release, { strategy: 'rolling', parameters: { batchSize: 1, approveEach: true } });
        await at(stage, id, 'asking');
        await goesBack(stage, id);
      },
    },
    bluegreen: {
      alone: { strategy: 'bluegreen', parameters: { bakeSeconds: 0.5, keepSeconds: 0.5 } },
      forward: async (stage, release) => succeeds(stage, await stage.deploy(release, { strategy: 'bluegreen' })),
      back: async (stage, release) => {
        const id = await stage.deploy(release, { strategy: 'bluegreen', parameters: { bakeSeconds: 600 } });
        await at(stage, id, 'baking');
        await expectOnly(stage, release);
        await goesBack(stage, id);
      },
    },
    canary: {
      alone: { strategy: 'canary', parameters: { steps: [10, 50].map((weight) => ({ weight, seconds: 0.5 })) } },
      forward: async (stage, release) => {
        const id = await stage.deploy(release, { strategy: 'canary', parameters: { steps } });
        for (const { weight } of steps) {
          await at(stage, id, 'asking');
          await expectShare(stage, release, weight);
          await stage.say(id, 'approve');
        }
        await succeeds(stage, id);
      },
      back: async (stage, release) => {
        const id = await stage.deploy(release, { strategy: 'canary', parameters: { steps } });
        await at(stage, id, 'asking');
        await stage.say(id, 'approve');
        await at(stage, id, 'asking');
        await goesBack(stage, id);
      },
    },
    ab: {
      alone: { strategy: 'ab', parameters: { to: TRIAL, seconds: 1, atDeadline: 'new' } },
      forward: async (stage, release) => {
        const id = await tried(stage, release);
        await stage.say(id, 'winner', { winner: 'new' });
        await succeeds(stage, id);
      },
      back: async (stage, release) => goesBack(stage, await tried(stage, release)),
    },
    recreate: {
      alone: { strategy: 'recreate' },
      forward: async (stage, release) => succeeds(stage, await stage.deploy(release, { strategy: 'recreate' })),
      back: async (stage, release) => goesBack(stage, await stage.deploy(release, { strategy: 'recreate' })),
    },
  };
};

/** Those that bear the header get the new release, all others the old one. */
const tried = async (stage: Stage, release: string): Promise<string> => {
  const id = await stage.deploy(release, { strategy: 'ab', parameters: { to: TRIAL } });
  await at(stage, id, 'trying');
  await stage.load.open();
  const { plain, trial } = await stage.load.until(400);
  expect(Object.keys(trial)).toEqual([release]);
  expect(Object.keys(plain)).not.toContain(release);
  return id;
};
