import { describe, expect, test } from 'vitest';
import type { Recorded } from '../../src/domain/kernel/recorded.ts';
import { type Deployments, deployments, deploymentsView, ENDED_DEPLOYMENTS_KEPT } from '../../src/projections/deployments.ts';

const recorded = (stream: string, fact: Readonly<Record<string, unknown>> & { readonly type: string }, state: string): Recorded =>
  ({ stream, fact, meta: { at: 1000, state, chart: 'rolling.v1' } }) as unknown as Recorded;

const to = { version: 'v1', configVersion: 'v1', instances: 2 };
const began = (deployment: string, more: Readonly<Record<string, unknown>> = {}) =>
  recorded('app-/web', { type: 'DeploymentBegan', deployment, strategy: 'rolling.v1', from: {}, to, ...more }, 'deploying');
const started = (deployment: string) =>
  recorded(`deployment-${deployment}`, { type: 'DeploymentStarted', app: '/web', from: {}, to }, 'rolling');
const released = (deployment: string) => recorded(`deployment-${deployment}`, { type: 'AppReleased' }, 'succeeded');

const viewOf = (...facts: readonly Recorded[]) => {
  const state: Deployments = deployments.initial();
  for (const fact of facts) deployments.evolve(state, fact);
  return deploymentsView(state);
};
const running = (...facts: readonly Recorded[]) =>
  viewOf(...facts)
    .running()
    .map(({ id, state }) => `${id} ${state}`);

test('a deployment runs from the moment on in which its app gives it the lock, before it records anything itself', () => {
  expect(running(began('d1'))).toEqual(['d1 absent']);
  expect(viewOf(began('d1')).get('d1')).toEqual({
    id: 'd1',
    app: '/web',
    strategy: 'rolling.v1',
    state: 'absent',
    from: {},
    to,
    tallies: {},
    startedAt: 1000,
  });
  expect(running(began('d1'), started('d1'))).toEqual(['d1 rolling']);
  expect(running(began('d1'), started('d1'), released('d1'))).toEqual([]);
});

test('one that was taken over from before it started runs no more; one that had started ends by itself', () => {
  expect(running(began('d1'), began('d2', { supersedes: 'd1' }))).toEqual(['d2 absent']);
  expect(running(began('d1'), started('d1'), began('d2', { supersedes: 'd1' }))).toEqual(['d1 rolling', 'd2 absent']);
});

test('of one app run just those of all that run which are its own', () => {
  const other = recorded('app-/other', { type: 'DeploymentBegan', deployment: 'o1', strategy: 'rolling.v1', from: {}, to }, 'deploying');
  const steps = [began('d1'), started('d1'), other, began('d2', { supersedes: 'd1' }), began('d3', { supersedes: 'd2' }), released('d1')];
  const ofWeb = steps.map((_, n) =>
    viewOf(...steps.slice(0, n + 1))
      .runningOf('/web')
      .map(({ id }) => id),
  );
  expect(ofWeb).toEqual([['d1'], ['d1'], ['d1'], ['d1', 'd2'], ['d1', 'd3'], ['d3']]);
  expect(viewOf(...steps).runningOf('/nobody')).toEqual([]);
});

describe('parts of a plan', () => {
  const plan = (type: string) => recorded('group-/', { type, deployment: 'p1' }, 'planning');
  const many = Array.from({ length: ENDED_DEPLOYMENTS_KEPT }, (_, n) => [began(`d${n}`), started(`d${n}`), released(`d${n}`)]).flat();
  const part = [began('part', { partOf: 'p1' }), started('part'), released('part')];

  test('are not forgotten while it runs, however many deployments end meanwhile; then they are, with the oldest', () => {
    const running = viewOf(plan('GroupDeploymentBegan'), ...part, ...many);
    expect([running.get('part')?.outcome, running.get('d0')?.outcome]).toEqual(['succeeded', 'succeeded']);
    const ended = viewOf(plan('GroupDeploymentBegan'), ...part, plan('GroupDeploymentEnded'), ...many);
    expect([ended.get('part'), ended.partOf('p1', '/web'), ended.get('d0')?.outcome]).toEqual([undefined, undefined, 'succeeded']);
  });

  test('that were taken over from before they started have ended, so that the plan learns it', () => {
    const view = viewOf(plan('GroupDeploymentBegan'), began('part', { partOf: 'p1' }), began('d2', { supersedes: 'part' }));
    expect([view.get('part')?.outcome, view.running().map(({ id }) => id)]).toEqual(['cancelled', ['d2']]);
  });
});
