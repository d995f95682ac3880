import { describe, expect, test } from 'vitest';
import { instanceNoun } from '../../../src/domain/instance/instance.decider.ts';
import type { InstanceFact } from '../../../src/domain/instance/instance.facts.ts';
import { holdsResources, isLaunchFailure, isLive } from '../../../src/domain/instance/instance.states.ts';
import { instance as fact } from '../../support/facts.ts';
import { NOW, storiesOf } from '../../support/given.ts';

const given = storiesOf(instanceNoun);

const requested = [fact.InstanceRequested()];
const waiting = [fact.InstanceRequested({ delayMs: 5_000 })];
const starting = [...requested, fact.InstancePlaced()];
const running = [...starting, fact.ContainerStarted()];
const checked = [fact.InstanceRequested({ gated: true }), fact.InstancePlaced(), fact.ContainerStarted()];
const ready = [...checked, fact.InstanceBecameReady()];
const unreachable = [...running, fact.InstanceBecameUnreachable()];
const draining = [...running, fact.InstanceStopRequested({ drainMs: 20_000 })];
const stopping = [...running, fact.InstanceStopRequested()];
const exited = [...running, fact.ContainerExited()];

const dataOf = <F extends InstanceFact>({ type: _, ...data }: F): Omit<F, 'type'> => data;

describe('RequestInstance', () => {
  const command = { ...dataOf(fact.InstanceRequested()), type: 'RequestInstance' } as const;
  test('nobody asked yet: it is requested', () => given().when(command).then(fact.InstanceRequested()));
  test('asked twice: requested once', () =>
    given(...requested)
      .when(command)
      .silence());
  test('one that has ended is never revived', () =>
    given(...exited)
      .when(command)
      .silence());
});

describe('ResetLaunchDelay', () => {
  test('ends the wait', () =>
    given(...waiting)
      .when({ type: 'ResetLaunchDelay' })
      .then(fact.LaunchDelayReset()));
  test('is no news to one that does not wait', () =>
    given(...requested)
      .when({ type: 'ResetLaunchDelay' })
      .silence());
});

describe('PlaceInstance', () => {
  const place = { ...dataOf(fact.InstancePlaced()), type: 'PlaceInstance' } as const;
  test('a requested one is placed, and the fact says why there', () =>
    given(...requested)
      .when({ ...place, entryRevision: 0 })
      .then(fact.InstancePlaced()));
  test('placing twice is one fact: the second answers an entry that is past', () =>
    given(...starting)
      .when({ ...place, entryRevision: 0 })
      .silence());
  test('an answer to an earlier request for a place is dropped', () =>
    given(...starting, fact.PlacementRevoked())
      .when({ ...place, entryRevision: 0 })
      .silence());
  test('and an answer to the present one is not', () =>
    given(...starting, fact.PlacementRevoked())
      .when({ ...place, entryRevision: 2 })
      .then(fact.InstancePlaced()));
});

describe('DeferPlacement', () => {
  const defer = { type: 'DeferPlacement', considered: 7, excluded: { cpus: 7 }, entryRevision: 0 } as const;
  test('waiting is history too', () =>
    given(...requested)
      .when(defer)
      .then(fact.PlacementDeferred()));
  test('the same reasons again are no news', () =>
    given(...requested, fact.PlacementDeferred())
      .when(defer)
      .silence());
  test('other reasons are', () =>
    given(...requested, fact.PlacementDeferred())
      .when({ ...defer, excluded: { cpus: 6, mem: 1 } })
      .then(fact.PlacementDeferred({ excluded: { cpus: 6, mem: 1 } })));
  test('after it had a place and lost it, the old reasons are news again', () =>
    given(...requested, fact.PlacementDeferred(), fact.InstancePlaced(), fact.PlacementRevoked())
      .when({ ...defer, entryRevision: 3 })
      .then(fact.PlacementDeferred()));
});

describe('RevokePlacement', () => {
  test('it is placed anew', () =>
    given(...starting)
      .when({ type: 'RevokePlacement', node: 'berth-1', why: 'cordoned', entryRevision: 1 })
      .then(fact.PlacementRevoked()));
  test('once it runs it stays', () =>
    given(...running)
      .when({ type: 'RevokePlacement', node: 'berth-1', why: 'cordoned', entryRevision: 1 })
      .silence());
});

describe('ReportContainerStarted', () => {
  const started = { ...dataOf(fact.ContainerStarted()), type: 'ReportContainerStarted' } as const;
  test('what was placed runs', () =>
    given(...starting)
      .when({ ...started, entryRevision: 1 })
      .then(fact.ContainerStarted()));
  test('told twice it runs once', () =>
    given(...running)
      .when({ ...started, entryRevision: 1 })
      .silence());
  test('a start that comes after the stop was asked for changes nothing', () =>
    given(...starting, fact.InstanceStopRequested())
      .when({ ...started, entryRevision: 1 })
      .silence());
});

describe('ReportStartFailed', () => {
  test.for([
    fact.ImagePullFailed(),
    fact.ImageMissing(),
    fact.PortTaken(),
    fact.CommandNotFound(),
    fact.ArtifactFetchFailed(),
    fact.StartRejected(),
  ])('$type is a fact of its own', (failure) => {
    const { type, ...data } = failure;
    given(...starting)
      .when({ type: 'ReportStartFailed', fault: { _tag: type, ...data } as never, entryRevision: 1 })
      .then(failure);
  });
  test('of an entry that is past it is dropped', () =>
    given(...starting)
      .when({ type: 'ReportStartFailed', fault: { _tag: 'StartRejected', message: 'x' }, entryRevision: 0 })
      .silence());
});

describe('how it ended', () => {
  test('its own exit code', () =>
    given(...running)
      .when({ type: 'ReportContainerExited', exitCode: 3, oom: false })
      .then(fact.ContainerExited()));
  test('a signal, or the kernel for want of memory, is told apart', () =>
    given(...running)
      .when({ type: 'ReportContainerExited', signal: 'SIGKILL', oom: true })
      .then({ type: 'ContainerExited', signal: 'SIGKILL', oom: true }));
  test('it ends once', () =>
    given(...exited)
      .when({ type: 'ReportContainerExited', exitCode: 3, oom: false })
      .silence());
  test('ended by itself while running is exited, while stopping it is killed', () => {
    expect(given(...exited).state.value).toBe('exited');
    expect(given(...stopping, fact.ContainerExited()).state.value).toBe('killed');
    expect(given(...draining, fact.ContainerExited()).state.value).toBe('killed');
  });
  test('gone without a word from its own node is lost', () =>
    given(...running)
      .when({ type: 'ReportContainerGone', node: 'berth-1' })
      .then(fact.ContainerVanished()));
  test('another node cannot miss what it never had', () =>
    given(...running)
      .when({ type: 'ReportContainerGone', node: 'berth-2' })
      .silence());
});

describe('ReportContainerFound', () => {
  const found = { type: 'ReportContainerFound', node: 'berth-1', containerId: 'c1', ipAddresses: ['172.17.0.2'] } as const;
  test('a start that nobody reported is seen in the inventory', () =>
    given(...starting)
      .when(found)
      .then(fact.ContainerStarted()));
  test('one out of sight is in sight again', () =>
    given(...unreachable)
      .when(found)
      .then(fact.InstanceBecameReachable()));
  test('one known to run is no news', () =>
    given(...running)
      .when(found)
      .silence());
  test('on another node it is not this one', () =>
    given(...unreachable)
      .when({ ...found, node: 'berth-2' })
      .silence());
});

describe('probes', () => {
  test('all checks pass: ready', () =>
    given(...checked)
      .when({ type: 'ReportReady' })
      .then(fact.InstanceBecameReady()));
  test('ready twice is once', () =>
    given(...ready)
      .when({ type: 'ReportReady' })
      .silence());
  test('an instance without checks is ready as it runs', () =>
    given(...running)
      .when({ type: 'ReportReady' })
      .silence());
  test('too many failures: unhealthy', () =>
    given(...ready)
      .when({ type: 'ReportUnhealthy', probe: 'http-0', failures: 3, cause: 'HTTP 503' })
      .then(fact.InstanceBecameUnhealthy()));
  test('unhealthy twice is once', () =>
    given(...ready, fact.InstanceBecameUnhealthy())
      .when({ type: 'ReportUnhealthy', probe: 'http-0', failures: 4, cause: 'HTTP 503' })
      .silence());
  test('and well again', () =>
    given(...ready, fact.InstanceBecameUnhealthy())
      .when({ type: 'ReportHealthy', probe: 'http-0' })
      .then(fact.InstanceBecameHealthy()));
  test('well is no news to the well', () =>
    given(...ready)
      .when({ type: 'ReportHealthy', probe: 'http-0' })
      .silence());
});

describe('StopInstance', () => {
  const stop = { type: 'StopInstance', reason: 'scaled down', signal: 'SIGTERM', drainMs: 20_000, graceMs: 10_000 } as const;
  test('what runs drains, and its last moment is fixed now', () =>
    given(...running)
      .when(stop)
      .then(fact.InstanceStopRequested({ drainMs: 20_000, killAt: NOW + 30_000 })));
  test('what has no place yet is cancelled', () =>
    given(...requested)
      .when(stop)
      .then(fact.InstanceCancelled()));
  test('what waits for its back-off is cancelled', () =>
    given(...waiting)
      .when(stop)
      .then(fact.InstanceCancelled()));
  test('asked again while it drains or stops, the grace does not start anew', () => {
    given(...draining)
      .when(stop)
      .silence();
    given(...stopping)
      .when(stop)
      .silence();
  });
  test('out of sight it is doomed, once', () => {
    given(...unreachable)
      .when({ ...stop, drainMs: 0 })
      .then(fact.InstanceStopRequested({ killAt: NOW + 10_000 }));
    given(...unreachable, fact.InstanceStopRequested())
      .when(stop)
      .silence();
  });
  test('one that has ended needs no stop', () =>
    given(...exited)
      .when(stop)
      .silence());
  test('one that never was is refused', () => given().when(stop).refused('not-found'));
});

describe('its node', () => {
  const silent = { type: 'ReportNodeUnreachable', node: 'berth-1', inactiveAfterMs: 60_000, expungeAfterMs: 600_000 } as const;
  test('does not answer', () =>
    given(...running)
      .when(silent)
      .then(fact.InstanceBecameUnreachable()));
  test('is still not answering', () =>
    given(...unreachable)
      .when(silent)
      .silence());
  test('is another one', () =>
    given(...running)
      .when({ ...silent, node: 'berth-2' })
      .silence());
  test('is gone for good', () =>
    given(...unreachable)
      .when({ type: 'ReportNodeGone', node: 'berth-1', why: 'node removed' })
      .then(fact.InstanceLost()));
  test('was not the one that is gone', () =>
    given(...running)
      .when({ type: 'ReportNodeGone', node: 'berth-2', why: 'node removed' })
      .silence());
  test('was gone already', () =>
    given(...exited)
      .when({ type: 'ReportNodeGone', node: 'berth-1', why: 'node removed' })
      .silence());
});

describe('what a state means to those who count', () => {
  test('resources are held from the place to the end', () => {
    expect(
      ['requested', 'starting', 'running.unchecked', 'draining', 'stopping', 'unreachable.doomed', 'expunged', 'killed'].map(
        holdsResources,
      ),
    ).toEqual([false, true, true, true, true, true, false, false]);
  });
  test('what is on its way out, or forsaken, is not live', () => {
    expect(['waiting', 'running.unchecked', 'unreachable.recent', 'unreachable.inactive', 'draining', 'exited'].map(isLive)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });
  test('an end counts against the back-off unless we asked for it', () => {
    expect(isLaunchFailure(fact.ContainerExited(), 'exited')).toBe(true);
    expect(isLaunchFailure(fact.ImageMissing(), 'failed')).toBe(true);
    expect(isLaunchFailure(fact.ContainerExited(), 'killed')).toBe(false);
    expect(isLaunchFailure(fact.InstanceCancelled(), 'cancelled')).toBe(false);
    expect(isLaunchFailure(fact.InstanceLost(), 'lost')).toBe(false);
  });
});

describe('ReportPodContainerExited', () => {
  const command = { type: 'ReportPodContainerExited', name: 'init', exitCode: 0, oom: false } as const;
  const ended = fact.PodContainerExited();
  test('one container of a pod has ended, and the pod runs on', () => {
    given(...running)
      .when(command)
      .then(ended);
    expect(given(...ready, ended).state.value).toBe('running.checked.ready');
  });
  test('seen twice it is told once', () =>
    given(...running, ended)
      .when(command)
      .silence());
  test('another one is news', () =>
    given(...draining, ended)
      .when({ ...command, name: 'logs' })
      .then({ ...ended, name: 'logs' }));
  test.each([
    ['not yet started', starting],
    ['ended', exited],
    ['being stopped', stopping],
  ])('of one that is %s it is old news', (_, history) =>
    given(...history)
      .when(command)
      .silence(),
  );
  test('containers are told with the start and the end of their pod', () => {
    const containers = [{ name: 'web', id: 'c2' }];
    given(...starting)
      .when({ type: 'ReportContainerStarted', entryRevision: 1, containerId: 'c1', ipAddresses: [], containers })
      .then(fact.ContainerStarted({ ipAddresses: [], containers }));
    given(...unreachable.slice(0, 2))
      .when({ type: 'ReportContainerFound', node: 'berth-1', containerId: 'c1', ipAddresses: [], containers })
      .then(fact.ContainerStarted({ ipAddresses: [], containers }));
    const ends = [{ name: 'web', exitCode: 3, oom: false }];
    given(...running)
      .when({ type: 'ReportContainerExited', exitCode: 3, oom: false, containers: ends })
      .then(fact.ContainerExited({ containers: ends }));
  });
});
