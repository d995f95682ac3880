import fc from 'fast-check';
import { either as E } from 'fp-ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { phaseOf } from '../../../src/domain/instance/instance.states.ts';
import type { Recorded } from '../../../src/domain/kernel/recorded.ts';
import type { BisectAnswer, BisectQuestion } from '../../../src/domain/ports/bisect.ts';
import type { Past } from '../../../src/domain/ports/past.ts';
import type { Views } from '../../../src/domain/ports/views.ts';
import { arrayPast } from '../../../src/history/arrayPast.ts';
import { bisectIn } from '../../../src/history/bisect/bisect.ts';
import { createViews } from '../../../src/projections/views.ts';
import { simulatedHistory } from '../simulatedHistory.ts';

/** Assertions with the same said in TypeScript. */
const SAID: Readonly<Record<string, (views: Views) => boolean>> = {
  "nodes.all(n, n.state == 'ready')": ({ nodes }) => [...nodes.all()].every(({ state }) => state === 'ready'),
  'apps.all(a, a.ready >= a.instances)': ({ apps, instances }) =>
    [...apps.all()].every(({ id, target }) => {
      const ready = Object.values(instances.tallies(id)).reduce((sum, tally) => sum + tally.ready, 0);
      return ready >= target.instances;
    }),
  'size(deployments.filter(d, d.running)) == 0': ({ deployments }) => deployments.running().length === 0,
  'size(instances) < 6': ({ instances }) => [...instances.all()].filter(({ state }) => phaseOf(state) !== 'ended').length < 6,
  'instances.map(i, i.attempt).all(n, n <= 1)': ({ instances }) =>
    [...instances.all()].every(({ state, attempt }) => phaseOf(state) === 'ended' || attempt <= 1),
  '!ended.exists(i, has(i.exitCode) && i.exitCode != 0)': ({ instances }) =>
    ![...instances.all()].some(({ state, exit }) => phaseOf(state) === 'ended' && exit?.exitCode !== undefined && exit.exitCode !== 0),
  'size(apps) < 3 || position < 100': (views) => [...views.apps.all()].length < 3 || views.position() < 100,
};

const found = (answer: ReturnType<ReturnType<typeof bisectIn>>): BisectAnswer => {
  if (E.isLeft(answer)) throw new Error(JSON.stringify(answer.left));
  return answer.right;
};

describe('over what simulated clusters went through', () => {
  type Story = { readonly facts: readonly Recorded[]; readonly past: Past; readonly holds: Readonly<Record<string, readonly boolean[]>> };
  const stories: Story[] = [];

  beforeAll(async () => {
    for (const seed of [3, 11, 42]) {
      const facts = (await simulatedHistory(seed, 25)).slice(0, 1_500);
      const said = Object.entries(SAID);
      const holds = Object.fromEntries(said.map(([text]) => [text, [] as boolean[]]));
      const views = createViews();
      for (const fact of facts) {
        views.take([fact]);
        for (const [text, tell] of said) holds[text]?.push(tell(views));
      }
      stories.push({ facts, past: arrayPast(facts), holds });
    }
  }, 120_000);

  const asked = fc.record({
    story: fc.nat(2),
    assert: fc.constantFrom(...Object.keys(SAID)),
    good: fc.double({ min: 0, max: 1, noNaN: true }),
    bad: fc.double({ min: 0, max: 1, noNaN: true }),
  });

  /** The nearest interval to the one drawn that holds at its beginning and fails at its end. */
  const intervalOf = ({ facts, holds }: Story, assert: string, from: number, to: number): { good: number; bad: number } | undefined => {
    const said = holds[assert] as readonly boolean[];
    const good = said.indexOf(true, Math.floor(Math.min(from, to) * facts.length));
    const bad = good < 0 ? -1 : said.indexOf(false, Math.max(good + 1, Math.floor(Math.max(from, to) * facts.length)));
    return bad < 0 ? undefined : { good: (facts[good] as Recorded).position, bad: (facts[bad] as Recorded).position };
  };

  test('some change is found where the assertion holds before and fails after', () => {
    let searched = 0;
    fc.assert(
      fc.property(asked, ({ story: chosen, assert, good: from, bad: to }) => {
        const story = stories[chosen] as Story;
        const interval = intervalOf(story, assert, from, to);
        if (interval === undefined) return;
        searched += 1;
        const answer = found(bisectIn(story.past)({ ...interval, assert, first: false }));
        const at = (position: number) => story.holds[assert]?.[story.facts.findIndex((fact) => fact.position === position)];
        expect(at(answer.lastGood.position)).toBe(true);
        expect(at(answer.firstBad.position)).toBe(false);
        const places = story.facts.map(({ position }) => position);
        expect(places.indexOf(answer.firstBad.position) - places.indexOf(answer.lastGood.position)).toBe(1);
      }),
      { numRuns: 60 },
    );
    expect(searched).toBeGreaterThan(10);
  }, 120_000);

  test('--first finds what a look at every position finds', () => {
    let searched = 0;
    fc.assert(
      fc.property(asked, ({ story: chosen, assert, good: from, bad: to }) => {
        const story = stories[chosen] as Story;
        const interval = intervalOf(story, assert, from, to);
        if (interval === undefined) return;
        searched += 1;
        const answer = found(bisectIn(story.past)({ ...interval, assert, first: true }));
        const very = story.facts.find(({ position }, n) => position > interval.good && story.holds[assert]?.[n] === false);
        expect(answer.firstBad.position).toBe(very?.position);
      }),
      { numRuns: 60 },
    );
    expect(searched).toBeGreaterThan(10);
  }, 120_000);

  test('where views are quick to have is looked at first, and the answer is as good', () => {
    const story = stories[0] as Story;
    const assert = 'size(instances) < 6';
    const interval = intervalOf(story, assert, 0, 1) ?? intervalOf(story, assert, 0, 0.2);
    if (interval === undefined) throw new Error('this seed tells nothing');
    const every = 8;
    const seen: number[] = [];
    const past: Past = {
      ...story.past,
      views: (position) => {
        seen.push(position);
        return story.past.views(position);
      },
      boundaryBefore: (position) => position - (position % every),
    };
    const answer = found(bisectIn(past)({ ...interval, assert, first: false }));
    const [, , ...steps] = seen;
    expect(steps.length).toBeGreaterThan(1);
    expect(steps.every((position) => position % every === 0)).toBe(true);
    // The rest is one interval, gone through from its good end.
    expect(answer.firstBad.position - Math.max(...steps.filter((position) => position < answer.firstBad.position))).toBeLessThanOrEqual(
      every,
    );
    expect(story.holds[assert]?.[story.facts.findIndex(({ position }) => position === answer.firstBad.position)]).toBe(false);
  });

  test('positions with gaps between them are no obstacle', () => {
    const story = stories[0] as Story;
    const assert = 'size(instances) < 6';
    const interval = intervalOf(story, assert, 0, 1) ?? intervalOf(story, assert, 0, 0.2);
    if (interval === undefined) throw new Error('this seed tells nothing');
    const spread = story.facts.map((fact) => ({ ...fact, position: fact.position * 1_000 + (fact.position % 7) }) as Recorded);
    const wide = { good: interval.good * 1_000 + 10, bad: interval.bad * 1_000 + 10 };
    for (const first of [false, true]) {
      const [narrow, far] = [bisectIn(story.past)({ ...interval, assert, first }), bisectIn(arrayPast(spread))({ ...wide, assert, first })];
      expect(Math.floor(found(far).firstBad.position / 1_000)).toBe(found(narrow).firstBad.position);
      expect(Math.floor(found(far).lastGood.position / 1_000)).toBe(found(narrow).lastGood.position);
    }
  });

  test('--first evaluates only after facts that can matter', () => {
    const story = stories[0] as Story;
    const assert = 'size(nodes) < 1';
    const first = story.facts[0] as Recorded;
    const last = story.facts.at(-1) as Recorded;
    const { evaluations, change } = found(bisectIn(story.past)({ good: first.position, bad: last.position, assert, first: true }));
    expect(change.type).toBe('NodeRegistered');
    expect(evaluations).toBe(3);
  });
});

describe('an interval', () => {
  let facts: readonly Recorded[];
  const ask = (over: Partial<BisectQuestion>) =>
    bisectIn(arrayPast(facts))({ good: 1, bad: facts.at(-1)?.position ?? 0, assert: 'size(nodes) < 1', first: false, ...over });
  beforeAll(async () => {
    facts = await simulatedHistory(5, 5);
  });

  test('must end in the log, behind its beginning', () => {
    expect(ask({ good: 5, bad: 5 })).toMatchObject({
      left: { kind: 'interval', field: 'bad', message: '#5 must come after the good one, #5' },
    });
    expect(ask({ bad: 10_000_000 })).toMatchObject({ left: { kind: 'interval', field: 'bad' } });
  });

  test('that is not good at its beginning, or not bad at its end, is said to be so', () => {
    expect(ask({ assert: 'size(nodes) > 0' })).toMatchObject({ left: { kind: 'not-so', field: 'good' } });
    expect(ask({ assert: 'size(nodes) >= 0' })).toMatchObject({ left: { kind: 'not-so', field: 'bad' } });
    expect(ask({ assert: "apps['/nowhere'].ready > 0" })).toMatchObject({
      left: { kind: 'not-so', field: 'good', message: expect.stringMatching(/fails already at #1: .*\/nowhere/) },
    });
  });

  test('goes back to the request that changed it, and to who asked', () => {
    const answer = found(ask({}));
    expect(answer.change).toMatchObject({ type: 'NodeRegistered', stream: 'node-n1' });
    expect(answer.byTime).toBe(false);
  });

  test('a search that takes too much ends with the limit’s name', () => {
    const deep = `${'nodes.all(a, '.repeat(40)}true${')'.repeat(40)}`;
    const list = `[${Array.from({ length: 30 }, () => 1).join(',')}]`;
    const wide = `${`${list}.all(x, `.repeat(20)}true${')'.repeat(20)} && size(nodes) < 1`;
    expect(bisectIn(arrayPast(facts), 50_000)({ good: 1, bad: 40, assert: wide, first: false })).toMatchObject({
      left: { kind: 'limit', message: expect.stringContaining('50000 parts') },
    });
    expect(E.isLeft(bisectIn(arrayPast(facts), 50_000)({ good: 1, bad: 40, assert: deep, first: false }))).toBe(true);
  });
});
