import { describe, expect, test } from 'vitest';
import { approval, before, fresh, isReady, isThere, roomFor, storyOf, strategy, traffic, want, wanted, z } from '../src/strategy.ts';

const thirds = strategy(
  {
    id: 'thirds.v1',
    description: 'A third first, then the rest.',
    parameters: z.strictObject({ seconds: z.number().default(60), ask: z.boolean().default(false) }),
    memory: { rounds: 0 },
  },
  {
    initial: 'trying',
    states: {
      trying: {
        entry: [
          want((course) => ({ new: Math.ceil(wanted(course) / 3), old: before(course) })),
          traffic(({ memory }) => ({ new: memory.rounds * 10 })),
        ],
        on: {
          SlotsChanged: {
            guard: (course) => fresh(course).ready >= wanted(course) / 3,
            target: 'resting',
            remember: ({ memory }) => ({ rounds: memory.rounds + 1 }),
          },
        },
      },
      resting: {
        entry: want((course) => ({ new: Math.ceil(wanted(course) / 3), old: roomFor(course, 1, before(course)) })),
        after: { rest: [{ guard: ({ parameters }) => parameters.ask, target: 'asking' }, { target: 'filling' }] },
      },
      asking: { entry: approval(({ memory }) => `Round ${memory.rounds} is over.`), on: { DeploymentApproved: 'filling' } },
      filling: {
        entry: want((course) => ({ new: wanted(course), old: 0 })),
        on: { SlotsChanged: [{ guard: isThere, target: 'succeeded' }, { guard: isReady }] },
      },
    },
    delays: { rest: ({ parameters }) => parameters.seconds * 1000 },
  },
);

describe('a strategy as its author writes it', () => {
  test('parameters and memory are known by type in every function; a target, a delay or a parameter that there is not does not compile', () => {
    const states = { only: { on: { SlotsChanged: 'succeeded' } } } as const;
    strategy({ id: 'a.v1', description: '' }, { initial: 'only', states });
    // @ts-expect-error there is no state 'other'
    strategy({ id: 'a.v1', description: '' }, { initial: 'other', states });
    // @ts-expect-error an id has a version
    strategy({ id: 'a', description: '' }, { initial: 'only', states });
    strategy(
      {
        id: 'a.v1',
        description: '',
      },
      {
        initial: 'only',
        // @ts-expect-error no state goes to 'nowhere'
        states: { only: { on: { SlotsChanged: 'nowhere' } } },
      },
    );
    strategy(
      {
        id: 'a.v1',
        description: '',
        parameters: z.object({ percent: z.number() }),
      },
      {
        initial: 'only',
        states: {
          only: {
            entry: [
              // @ts-expect-error there is no parameter 'percents'
              want((course) => ({ new: course.parameters.percents, old: 0 })),
              traffic(({ parameters: { percent } }) => ({ new: percent })),
            ],
            on: { SlotsChanged: { target: 'succeeded' } },
          },
        },
      },
    );
  });

  test('its story is told without an engine, to its end', () => {
    let now = storyOf(thirds, { instances: 6, parameters: { ask: true } });
    expect([now.state, now.wants, now.share]).toEqual(['trying', { new: 2, old: 6 }, 0]);
    now = now.sees({ new: { ready: 2 }, old: { ready: 6 } });
    expect(now.state).toBe('resting');
    now = now.waits();
    expect([now.state, now.asks]).toEqual(['asking', 'Round 1 is over.']);
    now = now.approved().sees({ new: { ready: 3 }, old: { ready: 3 } });
    expect(now.wants).toEqual({ new: 6, old: 3 });
    expect(now.sees({ new: { ready: 6 } }).state).toBe('releasing');
  });

  test('a fact that a state does not take is an error of the test, and an abort goes back', () => {
    const now = storyOf(thirds);
    expect(() => now.approved()).toThrow("DeploymentApproved means nothing in 'trying'");
    expect(() => now.waits()).toThrow("'trying' waits for no delay");
    expect(now.aborted().state).toBe('returning');
  });
});
