import { describe, expect, test } from 'vitest';
import type { Recorded } from '../../src/domain/kernel/recorded.ts';
import { nouns } from '../../src/domain/nouns.ts';
import { sentenceOf, sentences } from '../../src/projections/sentences.ts';

const to = { version: 'v2', configVersion: 'c2', instances: 3 };
const offer = { hostname: 'h1', address: '10.0.0.1', cpus: 4, mem: 4096, disk: 1, gpus: 0, portRanges: [] };

/** Facts with everything that their sentence may mention, and the sentence. */
const told: readonly (readonly [Readonly<Record<string, unknown>> & { readonly type: string }, string])[] = [
  [
    { type: 'AppVersionAdded', app: '/web', version: 'v1', definition: { instances: 1 }, reason: 'scale' },
    'App /web was scaled: version v1 with 1 instance.',
  ],
  [
    { type: 'AppVersionAdded', app: '/web', version: 'v1', definition: { instances: 2 }, reason: 'scale', because: 'n2 has none' },
    'App /web was scaled: version v1 with 2 instances, because n2 has none.',
  ],
  [
    { type: 'InstanceRequested', app: '/web#before', version: 'c1', slot: 1, attempt: 1, delayMs: 0, gated: false, owner: 'd' },
    'Instance it was requested to run the command before a deployment of /web, version c1, attempt 2.',
  ],
  [
    { type: 'AutoscaleDecided', from: 4, to: 7, because: 'cpu 82 % of 50 % wanted: 4 → 7', readings: [] },
    'App it was scaled by its policy: cpu 82 % of 50 % wanted: 4 → 7.',
  ],
  [
    { type: 'AutoscaleDeferred', from: 4, to: 7, because: 'cpu 82 % of 50 % wanted: 4 → 7', deployment: 'd1' },
    'The policy of it waits for deployment d1 to end: cpu 82 % of 50 % wanted: 4 → 7.',
  ],
  [
    { type: 'DeploymentBegan', deployment: 'd2', strategy: 'rolling.v1', from: { c1: 2 }, to, supersedes: 'd1' },
    'Deployment d2 took the lock of it over from d1: from 2 of version c1 to 3 instances of version v2, by rolling.v1.',
  ],
  [
    { type: 'DeploymentBegan', deployment: 'd3', strategy: 'removal.v1', from: {} },
    'Deployment d3 took the lock of it: to remove it, by removal.v1.',
  ],
  [
    { type: 'DeploymentEnded', deployment: 'd2', outcome: 'succeeded', slots: { c2: 3 } },
    'Deployment d2 of it succeeded, leaving 3 of version c2.',
  ],
  [
    { type: 'DeploymentStopped', deployment: 'd1', slots: { v1: 2 } },
    'Deployment d1 has stopped; it keeps what it left until the plan comes to it.',
  ],
  [{ type: 'DeploymentTurnCame', deployment: 'd2' }, 'The plan has come to it: deployment d2 may move it.'],
  [{ type: 'AppDestroyed', app: '/web' }, 'App /web was removed.'],
  [
    { type: 'GroupsChanged', version: 'v2', put: [{ id: '/shop' }], removed: ['/old'] },
    'The groups were changed to version v2: 1 group set, removed /old.',
  ],
  [{ type: 'MembersClaimed', members: [{ id: '/shop/web', kind: 'app' }] }, 'Taken in the tree of groups: /shop/web (app).'],
  [{ type: 'MembersReleased', ids: ['/shop/web', '/shop/db'] }, 'Free again in the tree of groups: /shop/web, /shop/db.'],
  [
    { type: 'GroupDeploymentBegan', deployment: 'p2', group: '/shop', version: 'v2', steps: [{}, {}], supersedes: ['p1'] },
    'Plan p2 began to move /shop to version v2 in 2 steps, taking over from p1.',
  ],
  [{ type: 'MemberChangePlanned', deployment: 'p2', id: '/shop/web', reason: 'change' }, 'Plan p2 is to remove /shop/web.'],
  [
    { type: 'MemberChangePlanned', deployment: 'p2', id: '/shop/web', definition: { instances: 2 }, reason: 'create' },
    'Plan p2 is to move /shop/web to 2 instances (create).',
  ],
  [{ type: 'GroupDeploymentEnded', deployment: 'p2', outcome: 'succeeded' }, 'Plan p2 succeeded.'],
  [{ type: 'PlanStarted', group: '/shop', steps: [{}] }, 'Plan it of /shop started: 1 step.'],
  [{ type: 'MembersHeld' }, 'Plan it holds the lock of all that it moves.'],
  [{ type: 'StepCompleted', step: 0 }, 'Plan it completed step 1.'],
  [{ type: 'PlanCancelled', reason: 'superseded by p2' }, 'Plan it was cancelled: superseded by p2.'],
  [
    { type: 'RebalanceBegan', goal: 'empty', nodes: ['n1', 'n2'], moves: [{}], cost: 1, before: 3, after: 2 },
    'Rebalance it began, to empty n1, n2: 1 move, score 3 to 2.',
  ],
  [
    { type: 'RebalanceBegan', goal: 'spread', nodes: [], moves: [{}, {}], cost: 2, before: 0.5, after: 0.1 },
    'Rebalance it began, to spread: 2 moves, score 0.5 to 0.1.',
  ],
  [{ type: 'MoveCompleted', move: 0, instance: 'i2', node: 'n3' }, 'Move 1 of rebalance it is done: i2 is ready on n3.'],
  [{ type: 'MoveSkipped', move: 1, because: 'its app is gone' }, 'Move 2 of rebalance it was skipped: its app is gone.'],
  [{ type: 'RebalanceAborted', reason: 'enough' }, 'Rebalance it was aborted: enough.'],
  [{ type: 'PlanReleased' }, 'Plan it gave the lock back.'],
  [{ type: 'DeploymentStarted', app: '/web', to }, 'Deployment it started to move /web to 3 instances of version v2.'],
  [{ type: 'DeploymentStarted', app: '/web' }, 'Deployment it started to remove /web.'],
  [
    { type: 'SlotsChanged', tallies: { c1: { live: 2, ready: 1, leaving: 1, failed: 4 } } },
    'Deployment it saw: version c1 has 2 live (1 ready), 1 leaving, 4 failed so far.',
  ],
  [{ type: 'SlotsChanged', tallies: {} }, 'Deployment it saw: no instances.'],
  [{ type: 'TargetChanged', instances: 5 }, 'Deployment it is to reach 5 instances now.'],
  [{ type: 'DeploymentCancelled', reason: 'superseded by d2' }, 'Deployment it was cancelled: superseded by d2.'],
  [{ type: 'AppReleased' }, 'Deployment it gave the lock back.'],
  [
    {
      type: 'InstanceRequested',
      app: '/web',
      version: 'c1',
      slot: 2,
      attempt: 3,
      delayMs: 1_150,
      gated: false,
      owner: 'app-/web',
      replaces: 'i0',
    },
    'Instance it was requested for slot 2 of /web, version c1, attempt 3, in place of i0; it waits 1.2 s because earlier launches failed.',
  ],
  [{ type: 'LaunchDelayReset' }, 'The launch delay of instance it was lifted.'],
  [
    { type: 'InstancePlaced', node: 'n1', hostPorts: [1, 2], considered: 7, excluded: { mem: 4, constraint: 1, cpus: 0 }, score: 0 },
    'Instance it was placed on node n1 with ports 1, 2, out of 7 nodes (mem ruled out 4 nodes, constraint ruled out 1 node).',
  ],
  [
    { type: 'PlacementDeferred', considered: 1, excluded: { cpus: 1 } },
    'No node fits instance it now: 1 node considered (cpus ruled out 1 node).',
  ],
  [
    { type: 'PlacementDeferred', considered: 2, excluded: { cpus: 2 }, gang: { size: 8, fits: 5 } },
    'Instance it waits with its gang: 5 of 8 instances would fit now, and they are placed all or none; 2 nodes considered (cpus ruled out 2 nodes).',
  ],
  [
    {
      type: 'InstanceNominated',
      node: 'n1',
      priority: 10,
      victims: [{ instance: 'low', app: '/batch', priority: -5 }],
      patienceMs: 1000,
    },
    '1 instance of lower priority or on the way out (low of /batch, -5) leaves node n1 for instance it, which has priority 10; its place there is held.',
  ],
  [
    { type: 'NominationLapsed', node: 'n1', why: 'cordoned' },
    'The place that was held on node n1 for instance it is no use any more: cordoned.',
  ],
  [{ type: 'PlacementRevoked', node: 'n1', why: 'cordoned' }, 'Node n1 did not take instance it: cordoned.'],
  [{ type: 'ContainerStarted', containerId: 'c1', ipAddresses: [] }, 'Instance it started as c1.'],
  [
    { type: 'ImagePullFailed', image: 'web:2', registry: 'r.example', status: 401, message: 'no login' },
    'Instance it could not start: image web:2 was not pulled from r.example (status 401): no login.',
  ],
  [{ type: 'ImageMissing', image: 'web:2', message: 'pull is off.' }, 'Instance it could not start: there is no image web:2: pull is off.'],
  [{ type: 'PortTaken', port: 80, message: 'in use' }, 'Instance it could not start: port 80 is taken: in use.'],
  [{ type: 'CommandNotFound', command: 'serve', message: 'no file' }, 'Instance it could not start: command serve was not found: no file.'],
  [{ type: 'ArtifactFetchFailed', uri: 'file:/a', message: 'no file' }, 'Instance it could not start: file:/a was not fetched: no file.'],
  [{ type: 'StartRejected', message: 'bad user' }, 'Instance it could not start: bad user.'],
  [{ type: 'ContainerExited', exitCode: 3, oom: false }, 'Instance it exited with code 3.'],
  [{ type: 'ContainerExited', signal: 'SIGKILL', oom: false }, 'Instance it was ended by SIGKILL.'],
  [{ type: 'ContainerExited', exitCode: 137, oom: true }, 'Instance it was killed by the kernel: out of memory.'],
  [
    { type: 'PodContainerExited', name: 'init', exitCode: 0, oom: false },
    'Container init of instance it exited with code 0; the others go on.',
  ],
  [{ type: 'ContainerVanished', node: 'n1' }, 'Node n1 has no trace of instance it; how it ended is not known.'],
  [{ type: 'InstanceBecameReady' }, 'Instance it became ready.'],
  [
    { type: 'InstanceBecameUnhealthy', probe: 'HTTP /', failures: 3, cause: '503' },
    'Instance it became unhealthy: HTTP / failed 3 in a row: 503.',
  ],
  [{ type: 'InstanceBecameHealthy', probe: 'HTTP /' }, 'Instance it became healthy again: HTTP / passes.'],
  [
    { type: 'InstanceStopRequested', reason: 'replaced', signal: 'SIGTERM', drainMs: 2_000, killAt: 0 },
    'Instance it is to stop with SIGTERM after 2 s out of discovery: replaced.',
  ],
  [{ type: 'InstanceCancelled', reason: 'scaled down' }, 'Instance it was no longer wanted: scaled down.'],
  [
    { type: 'InstanceBecameUnreachable', node: 'n1', inactiveAfterMs: 5_000 },
    'Instance it went out of sight with node n1; it is replaced after 5 s.',
  ],
  [{ type: 'InstanceBecameUnreachable', node: 'n1' }, 'Instance it went out of sight with node n1; its app waits for the node.'],
  [{ type: 'InstanceBecameReachable', node: 'n1' }, 'Instance it was seen again on node n1.'],
  [{ type: 'InstanceLost', node: 'n1', why: 'removed' }, 'Instance it was lost with node n1: removed.'],
  [{ type: 'NodeRegistered', endpoint: { kind: 'docker' }, offer }, 'Node it joined the pool: docker on h1, 4 cpus, 4096 MiB of memory.'],
  [{ type: 'NodeOfferChanged', offer }, 'Node it offers 4 cpus and 4096 MiB of memory now.'],
  [{ type: 'NodeBecameUnreachable', reason: 'refused', failures: 3 }, 'Node it became unreachable after 3 failures: refused.'],
  [
    { type: 'NodeBecameFlapping', losses: 3, withinMs: 600_000, steadyMs: 300_000 },
    'Node it was lost 3 times within 600 s: it takes nothing new until it has answered for 300 s.',
  ],
  [{ type: 'NodeOversubscribed', oversubscribe: { cpus: 2, mem: 1.5 } }, 'Node it lends 2 times its cpus and 1.5 times its memory.'],
  [{ type: 'NodeOversubscribed', oversubscribe: {} }, 'Node it lends what it has, once.'],
  [{ type: 'NodeReturned' }, 'Node it answers again.'],
  [{ type: 'ResourcesReserved', role: 'dev', amounts: { cpus: 2, mem: 512 } }, 'Node it keeps 2 cpus, 512 mem for apps of role dev.'],
  [{ type: 'ResourcesUnreserved', role: 'dev', amounts: { cpus: 2 } }, 'Node it no longer keeps 2 cpus for apps of role dev.'],
  [{ type: 'RoleWeightSet', role: 'dev', weight: 2.5 }, 'Role dev has weight 2.5 where there is not enough for all.'],
  [
    { type: 'RoleQuotaSet', role: 'dev', guarantee: { cpus: 2 }, limit: { cpus: 10, gpus: 0 } },
    'Role dev is promised 2 cpus of the pool, and may hold at most 10 cpus, 0 gpus.',
  ],
  [{ type: 'RoleQuotaRemoved', role: 'dev' }, 'Role dev is promised nothing any more, and may hold whatever is free.'],
  [{ type: 'NodeCordoned', reason: 'repair' }, 'Node it takes nothing new: repair.'],
  [{ type: 'NodeUncordoned' }, 'Node it takes new instances again.'],
  [{ type: 'NodeRemoved', reason: 'sold' }, 'Node it left the pool: sold.'],
  [
    { type: 'RequestReceived', command: 'DeployApp', subject: 'app-/web', outcome: { kind: 'accepted' } },
    'DeployApp was asked for of /web and accepted.',
  ],
  [
    {
      type: 'RequestReceived',
      command: 'DeployApp',
      subject: 'app-/web',
      outcome: { kind: 'refused', code: 'app-locked', message: 'App is locked.' },
    },
    'DeployApp was asked for of /web and refused (app-locked): App is locked.',
  ],
  [{ type: 'DeploymentAborted', reason: 'too slow' }, 'Deployment it goes back to what was there before: too slow.'],
  [{ type: 'DeploymentPaused', reason: 'lunch', at: 0 }, 'Deployment it was paused: lunch.'],
  [{ type: 'DeploymentResumed', pausedMs: 61_000 }, 'Deployment it went on after a pause of 61 s.'],
  [{ type: 'DeploymentApproved' }, 'Deployment it was approved.'],
  [{ type: 'DeploymentApproved', comment: 'fine' }, 'Deployment it was approved: fine.'],
  [{ type: 'WinnerChosen', winner: 'new', reason: 'more sales' }, 'Of the versions that deployment it tries, the new one won: more sales.'],
  [{ type: 'TrafficShifted', weights: { v1: 95, v2: 5 } }, 'New requests go by weight: 95 to v1, 5 to v2 for deployment it.'],
  [{ type: 'TrafficShifted', weights: {} }, 'New requests go to all alike for deployment it.'],
  [{ type: 'GatesPassed', readings: [{ gate: 'errors', atMs: 1, samples: 9 }] }, 'Deployment it passed its gates after 1 reading.'],
  [
    { type: 'GateFailed', gate: 'errors', reason: '0.2 is more than 0.01', readings: [] },
    "Deployment it failed at gate 'errors': 0.2 is more than 0.01.",
  ],
  [{ type: 'HookSucceeded', hook: 'before', instance: 'i1' }, 'The command that runs before deployment it succeeded (instance i1).'],
  [
    { type: 'HookFailed', hook: 'after', instance: 'i1', reason: 'it exited with 1' },
    'The command that runs after deployment it failed (instance i1): it exited with 1.',
  ],
  [{ type: 'ProgressStalled', progressBy: 1 }, 'Nothing became ready for too long in deployment it.'],
  [{ type: 'RetentionPolicySet', noun: 'instance', keepDays: 30 }, 'Streams of instance may be archived 30 days after they end.'],
  [{ type: 'RetentionPolicyCleared', noun: 'instance' }, 'Streams of instance are no longer archived.'],
  [
    { type: 'StreamsArchived', streams: 2, facts: 9, file: 'archive-812.jsonl.zst' },
    '2 ended streams with 9 facts went into the archive archive-812.jsonl.zst.',
  ],
  [
    { type: 'SubjectShredded', subject: 'app:/web', hidden: { 'RequestReceived body': 1 } },
    "The key of app:/web was destroyed: 1 value of RequestReceived body can't be read any more.",
  ],
  [{ type: 'LeaseTaken', term: 4, holder: 'h1:7' }, 'h1:7 took the lead for term 4.'],
  [
    { type: 'StrategyRegistered', id: 'tide.v1', file: 'tide.ts', explored: { instances: 3, faults: 1, states: 812 } },
    'Strategy tide.v1 was registered from tide.ts, explored up to 3 instances and 1 fault (812 states).',
  ],
  [
    { type: 'StrategyRegistered', id: 'tide.v1', file: 'tide.ts', uncheckedBecause: 'nobody explores here' },
    'Strategy tide.v1 was registered from tide.ts, unchecked: nobody explores here.',
  ],
  [{ type: 'TimerElapsed', node: 'draining', entryRevision: 1, timer: 'drain' }, "The wait of it in 'draining' was over."],
];

describe('sentences', () => {
  test.each(told)('%j', (fact, sentence) => {
    expect(sentenceOf({ stream: 'thing-it', fact } as unknown as Recorded)).toBe(sentence);
  });

  test('there is one for every fact of every noun, told here, and none for what is no fact', () => {
    const facts = new Set(Object.values(nouns).flatMap(({ codec }) => Object.keys(codec.forms)));
    expect(Object.keys(sentences).sort()).toEqual([...facts].sort());
    expect([...new Set(told.map(([{ type }]) => type))].sort()).toEqual([...facts].sort());
    expect(() => sentenceOf({ stream: 'thing-it', fact: { type: 'Nonsense' } } as unknown as Recorded)).toThrow(
      "no sentence for fact 'Nonsense'",
    );
  });
});
