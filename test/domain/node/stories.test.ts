import { describe, expect, test } from 'vitest';
import { nodeNoun } from '../../../src/domain/node/node.decider.ts';
import type { RoleAmounts } from '../../../src/domain/role/role.facts.ts';
import { node as fact, offerOf } from '../../support/facts.ts';
import { storiesOf } from '../../support/given.ts';

const given = storiesOf(nodeNoun);
const { type: _, ...registration } = fact.NodeRegistered();

const attached = [fact.NodeRegistered()];
const cordoned = [...attached, fact.NodeCordoned()];
const unreachable = [...attached, fact.NodeBecameUnreachable()];
const removed = [...attached, fact.NodeRemoved()];

describe('RegisterNode', () => {
  const register = { ...registration, type: 'RegisterNode' } as const;
  test('it joins the pool', () => given().when(register).then(fact.NodeRegistered()));
  test('the very same again is no news', () =>
    given(...attached)
      .when(register)
      .silence());
  test('the same again is no news, though it offers something else by now', () =>
    given(...attached, fact.NodeOfferChanged())
      .when(register)
      .silence());
  test('another of the same name is refused', () =>
    given(...attached)
      .when({ ...register, attributes: { rack: 'b' } })
      .refused('already-exists'));
  test('one that was removed may come back, and is not cordoned', () => {
    given(...removed)
      .when(register)
      .then(fact.NodeRegistered());
    expect(given(...cordoned, fact.NodeRemoved(), fact.NodeRegistered()).state.value).toBe('attached.answering.ready');
  });
});

describe('ReportNodeOffer', () => {
  const report = { type: 'ReportNodeOffer', offer: offerOf({ cpus: 8 }), warnings: ['no memory limits'] } as const;
  test('it offers something else', () =>
    given(...attached)
      .when(report)
      .then(fact.NodeOfferChanged()));
  test('the same offer is no news', () =>
    given(...attached, fact.NodeOfferChanged())
      .when(report)
      .silence());
  test('of a node that is gone it is no news', () =>
    given(...removed)
      .when(report)
      .silence());
});

describe('silence and return', () => {
  test('it no longer answers', () =>
    given(...attached)
      .when({ type: 'ReportNodeSilent', reason: 'connection refused', failures: 3 })
      .then(fact.NodeBecameUnreachable()));
  test('it still does not', () =>
    given(...unreachable)
      .when({ type: 'ReportNodeSilent', reason: 'connection refused', failures: 4 })
      .silence());
  test('it answers again', () =>
    given(...unreachable)
      .when({ type: 'ReportNodeAnswering' })
      .then(fact.NodeReturned()));
  test('it never stopped answering', () =>
    given(...attached)
      .when({ type: 'ReportNodeAnswering' })
      .silence());
  test('a cordon survives the absence, whichever came first', () => {
    expect(given(...cordoned, fact.NodeBecameUnreachable(), fact.NodeReturned()).state.value).toBe('attached.answering.cordoned');
    expect(given(...unreachable, fact.NodeCordoned(), fact.NodeReturned()).state.value).toBe('attached.answering.cordoned');
    expect(given(...unreachable, fact.NodeReturned()).state.value).toBe('attached.answering.ready');
  });
});

describe('CordonNode and UncordonNode', () => {
  const cordon = { type: 'CordonNode', reason: 'kernel update' } as const;
  const uncordon = { type: 'UncordonNode' } as const;
  test('it takes nothing new', () =>
    given(...attached)
      .when(cordon)
      .then(fact.NodeCordoned()));
  test('cordoned twice is once', () =>
    given(...cordoned)
      .when(cordon)
      .silence());
  test('open again', () =>
    given(...cordoned)
      .when(uncordon)
      .then(fact.NodeUncordoned()));
  test('it was open', () =>
    given(...attached)
      .when(uncordon)
      .silence());
  test('a node that is not in the pool can be neither', () => {
    given().when(cordon).refused('not-found');
    given().when(uncordon).refused('not-found');
    given(...cordoned, fact.NodeRemoved())
      .when(cordon)
      .refused('not-found');
  });
});

describe('OversubscribeNode', () => {
  const twice = { type: 'OversubscribeNode', oversubscribe: { cpus: 2, mem: 1 } } as const;
  const once = { type: 'OversubscribeNode', oversubscribe: {} } as const;
  test('it lends more than it has from then on, answering or not; a factor of 1 says nothing', () => {
    for (const facts of [attached, cordoned, unreachable])
      given(...facts)
        .when(twice)
        .then(fact.NodeOversubscribed({ oversubscribe: { cpus: 2 } }));
  });
  test('what it lends already is no news, also where it was said when it came', () => {
    given(...attached, fact.NodeOversubscribed({ oversubscribe: { cpus: 2 } }))
      .when(twice)
      .silence();
    given(fact.NodeRegistered({ oversubscribe: { cpus: 2 } }))
      .when(twice)
      .silence();
    given(...attached)
      .when(once)
      .silence();
  });
  test('it lends once what it has again', () =>
    given(...attached, fact.NodeOversubscribed())
      .when(once)
      .then(fact.NodeOversubscribed({ oversubscribe: {} })));
  test('a node that is not in the pool lends nothing', () => given().when(twice).refused('not-found'));
});

describe('RemoveNode', () => {
  const remove = { type: 'RemoveNode', reason: 'retired' } as const;
  test('it leaves the pool, reachable or not', () => {
    given(...attached)
      .when(remove)
      .then(fact.NodeRemoved());
    given(...unreachable)
      .when(remove)
      .then(fact.NodeRemoved());
  });
  test('removed twice is once', () =>
    given(...removed)
      .when(remove)
      .silence());
  test('one that never was is refused', () => given().when(remove).refused('not-found'));
});

describe('SetReservation', () => {
  const set = (from: RoleAmounts, to: RoleAmounts, role = 'dev') => ({ type: 'SetReservation' as const, role, from, to });
  const keeping = [...attached, fact.ResourcesReserved({ amounts: { cpus: 3 } })];
  test('what the node has and keeps for nobody is kept for a role', () =>
    given(...attached)
      .when(set({}, { cpus: 2, mem: 1024 }))
      .then(fact.ResourcesReserved()));
  test('no more is kept than there is, all roles together', () => {
    given(...attached)
      .when(set({}, { cpus: 5 }))
      .refused('illegal-in-state');
    given(...keeping)
      .when(set({}, { cpus: 2 }, 'ops'))
      .refused('illegal-in-state');
    given(fact.NodeRegistered({ reserved: { ops: { cpus: 3 } } }))
      .when(set({}, { cpus: 2 }))
      .refused('illegal-in-state');
    given()
      .when({ ...registration, type: 'RegisterNode', reserved: { dev: { cpus: 3 }, ops: { cpus: 2 } } })
      .refused('invalid');
  });
  test('what was kept by request is given up, and no more than that', () => {
    given(...keeping)
      .when(set({ cpus: 3 }, { cpus: 2 }))
      .then(fact.ResourcesUnreserved());
    given(...keeping)
      .when(set({ cpus: 3 }, { cpus: -1 }))
      .refused('illegal-in-state');
    given(...keeping)
      .when(set({ cpus: 3 }, { mem: 10 }))
      .then(fact.ResourcesReserved({ amounts: { mem: 10 } }), fact.ResourcesUnreserved({ amounts: { cpus: 3 } }));
  });
  test('asking twice changes nothing, and whoever has not seen the last change looks again', () => {
    given(...keeping)
      .when(set({}, { cpus: 3 }))
      .silence();
    given(...keeping)
      .when(set({}, { cpus: 2 }))
      .refused('illegal-in-state');
  });
  test('nothing is kept on a node that is gone, and one that comes back starts anew', () => {
    given(...removed)
      .when(set({}, { cpus: 1 }))
      .refused('not-found');
    given(...keeping, fact.NodeRemoved(), fact.NodeRegistered())
      .when(set({}, { cpus: 4 }))
      .then(fact.ResourcesReserved({ amounts: { cpus: 4 } }));
  });
});
