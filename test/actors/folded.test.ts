import { expect, test } from 'vitest';
import { foldStream } from '../../src/actors/folded.ts';
import { deploymentNoun } from '../../src/domain/deployment/deployment.decider.ts';
import { learnBroken } from '../../src/domain/deployment/strategies/index.ts';
import type { Noun } from '../../src/domain/kernel/decider.ts';
import { plainSealer } from '../support/sealer.ts';

const history = (chart: string) => [{ stream: 'deployment-d1', revision: 0, meta: { chart } }] as never;
const fold = (chart: string) => () => foldStream(deploymentNoun as unknown as Noun, history(chart), plainSealer);

test('a stream whose chart there is not says which', () => {
  expect(fold('nothing.v1')).toThrow("deployment-d1: no chart 'nothing.v1'");
});

test("one whose strategy can't be read any more says why", () => {
  learnBroken('faded.v1', "'wharfinger/strategy' has no 'gone'");
  expect(fold('faded.v1')).toThrow("deployment-d1: the strategy 'faded.v1' does not load any more: 'wharfinger/strategy' has no 'gone'");
});
