import { test } from 'vitest';
import { leaseNoun } from '../../../src/domain/lease/lease.ts';
import { lease as fact } from '../../support/facts.ts';
import { storiesOf } from '../../support/given.ts';

const given = storiesOf(leaseNoun);
const take = (term: number, holder: string) => ({ type: 'TakeLease', term, holder }) as const;

test('the first leader takes the lease', () => given().when(take(1, 'engine-1')).then(fact.LeaseTaken()));
test('taking the same term twice is once', () => given(fact.LeaseTaken()).when(take(1, 'engine-1')).silence());
test('a successor takes a higher term', () =>
  given(fact.LeaseTaken())
    .when(take(2, 'engine-2'))
    .then(fact.LeaseTaken({ term: 2, holder: 'engine-2' })));
test('nobody takes the term of another, or a lower one', () => {
  given(fact.LeaseTaken()).when(take(1, 'engine-2')).refused('illegal-in-state');
  given(fact.LeaseTaken({ term: 5 }))
    .when(take(4, 'engine-2'))
    .refused('illegal-in-state');
});
